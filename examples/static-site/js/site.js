'use strict';

const opening = document.getElementById('opening');
const month = new Date().getMonth() + 1;
if (opening && (month < 5 || month > 9)) {
  opening.textContent = 'Closed until May.';
}
