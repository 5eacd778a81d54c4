const { app } = require('@azure/functions');

app.timer('badSchedule', { schedule: '0 0 0 L * *', handler: () => {} });
