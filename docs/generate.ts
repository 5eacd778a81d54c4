import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../cli/program.ts';
import { referencePage } from '../cli/program/reference.ts';
import { treeOf } from '../cli/program/tree.ts';
import { pipelinePage } from './pipeline-page.ts';

const program = createProgram(() => async () => {});
writeFileSync(join(import.meta.dirname, 'cli.md'), `${referencePage(treeOf(program))}\n`);
writeFileSync(join(import.meta.dirname, 'pipeline-file.md'), `${pipelinePage()}\n`);
