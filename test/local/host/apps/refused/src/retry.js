const { app } = require('@azure/functions');

app.timer('retries', {
  schedule: '0 0 * * * *',
  retry: { strategy: 'sometimes', maxRetryCount: 2 },
  handler: () => {},
});
