/** What the reference page of the pipeline file says before its fields. */
export const PIPELINE_INTRODUCTION = `# The pipeline file

One YAML file says what starts a run, what its items are, what runs for each of them, and on which nodes. This page is made from
the schema that checks the file (\`npm run docs\`). \`npx sluice validate FILE\` tells every fault with its line, what was expected
and what to write; a field that does not exist is refused, never ignored.

An editor with a YAML language server completes and checks the file, and shows these descriptions, when its first line names the
schema, by a path from the file or by a URL:

\`\`\`yaml
# yaml-language-server: $schema=../../schema/pipeline.schema.json
name: log-rollup
\`\`\`

Durations are written \`500ms\`, \`2s\`, \`1.5m\`, \`1h\` or \`7d\`; sizes \`64MiB\` (units \`B\`, \`KiB\`, \`MiB\`, \`GiB\`). A field's example
may be used as it stands, beside the fields that its file needs anyway.

## What reaches the command

The command is never templated: all data comes as environment variables and files, so a blob called \`$(rm -rf ~).gz\` is only a name.

| variable | where | what it is |
| --- | --- | --- |
| \`INPUT\` | \`drop\`, \`prefix\`, \`lines\`, \`chunks\` | path of a file with the blob, the line or the range; its name is generated, the blob's extension kept |
| \`NAME\` | as \`INPUT\` | the blob's name in its container, byte for byte |
| \`STEM\` | as \`INPUT\` | the last part of the name without its last extension |
| \`LINE\` | \`lines\` | the line or record as it stands |
| \`PARAM_…\` | all | the run's \`params\`; of \`list\` the fields, of \`matrix\` the coordinates, of \`lines\` the columns (\`csv\` alone: a line of JSON comes whole, as \`LINE\` and \`INPUT\`); upper case, and \`_\` for all but letters and digits |
| \`OUTPUT_DIR\` | all, and the merge | folder for the promised outputs |
| \`ITEM\` | all, and the merge | the item's id in the manifest, such as \`000001\`; \`merge\` in the merge |
| \`ATTEMPT\` | all, and the merge | which attempt at the item this is, from \`1\` |
| \`INPUT_DIR\`, \`INPUT_LIST\` | the merge | the accepted outputs as \`$INPUT_DIR/{item}/…\`, and a file that lists them, one path a line |
| what \`tasks.environment\` and \`tasks.secrets\` name | all, and the merge | their values |

The parameters of the run reach the merge too. The working folder is the item's own and empty; standard input is empty.

## Where items come from

| \`tasks.forEach\` | an item is | with |
| --- | --- | --- |
| \`drop\` | a blob that was dropped, or that the request's \`inputs\` name | \`on.drop\`, or a request |
| \`list\` | an object | \`tasks.list\`, or the request's \`inputs\` |
| \`prefix\` | a blob that is below a prefix when the run is planned, in the version of then | \`tasks.prefix\` |
| \`matrix\` | a point of some axes; their number is known before any is made | \`tasks.matrix\` |
| \`lines\` | a line, a CSV record or a line of JSON; blank ones are none | \`tasks.lines\`, over dropped or given blobs or one of \`from\` |
| \`chunks\` | a range of a blob, cut at a line end | \`tasks.chunks\`, over dropped or given blobs |

A run has at most 1,000,000 items.`;
