addEventListener('submit', e => {
  if (e.target.method === 'post') e.submitter?.setAttribute('aria-busy', 'true');
});
addEventListener('pageshow', () => {
  for (const busy of document.querySelectorAll('[aria-busy]')) busy.removeAttribute('aria-busy');
});
for (const eye of document.querySelectorAll('[data-eye]')) {
  const field = eye.parentElement.querySelector('input');
  eye.hidden = false;
  eye.onclick = () => {
    const shown = field.type === 'password';
    field.type = shown ? 'text' : 'password';
    eye.setAttribute('aria-pressed', shown);
  };
}
