'use strict';

const express = require('express');

const FIRST = [
  { id: 1, text: 'buy tea' },
  { id: 2, text: 'water the plants' },
];

/** Routes over notes that live as long as the process. */
function notes() {
  const kept = FIRST.map((note) => ({ ...note }));
  const router = express.Router();

  router.get('/', (_request, response) => {
    response.json(kept);
  });

  router.get('/:id', (request, response) => {
    const note = kept.find(({ id }) => id === Number(request.params.id));
    if (!note) {
      response.status(404).json({ error: 'no such note' });
      return;
    }
    response.json(note);
  });

  router.post('/', (request, response) => {
    const text = String(request.body.text || '').trim();
    if (!text) {
      response.status(422).json({ error: 'text is missing' });
      return;
    }
    const note = { id: kept.length + 1, text };
    kept.push(note);
    response.status(201).json(note);
  });

  return router;
}

module.exports = notes;
