// Lets a reader copy code with one press. Without it, everything can be read all the same.
const german = document.documentElement.lang.startsWith('de');
const [copy, copied] = german ? ['Kopieren', 'Kopiert'] : ['Copy', 'Copied'];
for (const block of document.querySelectorAll('.highlight')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = copy;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(block.querySelector('pre').textContent);
    button.textContent = copied;
    setTimeout(() => { button.textContent = copy; }, 2000);
  });
  block.append(button);
}
