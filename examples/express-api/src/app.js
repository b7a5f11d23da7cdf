'use strict';

const compression = require('compression');
const express = require('express');
const helmet = require('helmet');
const morgan = require('morgan');

const notes = require('./routes/notes');

function createApp() {
  const app = express();
  app.use(helmet());
  app.use(compression());
  app.use(morgan('tiny'));
  app.use(express.json());

  app.get('/', (_request, response) => {
    response.json({ service: 'notes', routes: ['/notes', '/healthz'] });
  });
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.use('/notes', notes());

  app.use((_request, response) => {
    response.status(404).json({ error: 'not found' });
  });
  return app;
}

module.exports = { createApp };
