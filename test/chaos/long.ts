/** Whether the long versions run: `npm run test:chaos`. */
export const LONG = process.env['SLUICE_CHAOS'] === 'long';
