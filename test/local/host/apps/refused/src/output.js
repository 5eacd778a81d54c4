const { app, output } = require('@azure/functions');

app.http('writesQueue', {
  extraOutputs: [output.storageQueue({ queueName: 'q', connection: 'C' })],
  handler: () => ({}),
});
