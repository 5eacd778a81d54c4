import { appendFileSync } from 'node:fs';
import { app } from '@azure/functions';

app.eventGrid('drop', {
  handler: (event) => {
    appendFileSync(String(process.env['SUBJECTS_FILE']), `${event.subject}\n`);
  },
});

app.http('where', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: () => ({ jsonBody: { blob: process.env['BLOB_URL'] } }),
});
