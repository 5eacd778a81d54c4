import { z } from 'zod';
import { SluiceError } from '../errors.ts';

/** What nodes cost, as the operator of the app says it. */
export interface Prices {
  /** Such as EUR. */
  currency: string;
  /** Of one node for one hour; null when there is no price of this size. */
  perNodeHour(vmSize: string, spot: boolean): number | null;
}

const price = z.number().min(0);
const schema = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/, { error: 'three capital letters, such as EUR' }),
  nodeHour: z.record(z.string(), price),
  spotNodeHour: z.record(z.string(), price).default({}),
});

const EXAMPLE = '{"currency":"EUR","nodeHour":{"Standard_D2as_v5":0.1},"spotNodeHour":{}}';

/** Reads the app's setting SLUICE_PRICES; null when there is none. Throws `InvalidSettings`. */
export function readPrices(text: string | undefined): Prices | null {
  if (!text) return null;
  try {
    const { currency, nodeHour, spotNodeHour } = schema.parse(JSON.parse(text));
    const [dedicated, spots] = [bySize(nodeHour), bySize(spotNodeHour)];
    return {
      currency,
      perNodeHour: (vmSize, spot) => (spot ? spots : dedicated).get(vmSize.toLowerCase()) ?? null,
    };
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    const message = `The app's setting SLUICE_PRICES must be JSON such as ${EXAMPLE}: ${why}`;
    throw new SluiceError('InvalidSettings', message, { cause });
  }
}

function bySize(prices: Record<string, number>): Map<string, number> {
  return new Map(Object.entries(prices).map(([size, each]) => [size.toLowerCase(), each]));
}
