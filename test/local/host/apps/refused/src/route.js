const { app } = require('@azure/functions');

app.http('badRoute', { route: 'a/{id:weird}', handler: () => ({}) });
