const { app } = require('@azure/functions');

app.storageQueue('takesMessages', { queueName: 'q', connection: 'C', handler: () => {} });
