const { app } = require('@azure/functions');

app.timer('retries', {
  schedule: '0 0 * * * *',
  retry: { strategy: 'fixedDelay', delayInterval: 1000, maxRetryCount: 2 },
  handler: () => {},
});
