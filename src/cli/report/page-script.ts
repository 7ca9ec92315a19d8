/** Hides what does not hold every word that is typed, and says how much is left. Runs in the reader's browser. */
export const PAGE_SCRIPT = `
(() => {
  const box = document.getElementById('search');
  const count = document.getElementById('found');
  const items = [...document.querySelectorAll('.item')].map((element) => [element, element.textContent.toLowerCase()]);
  const search = () => {
    const words = box.value.toLowerCase().split(/\\s+/).filter((word) => word !== '');
    let found = 0;
    for (const [element, text] of items) {
      const fits = words.every((word) => text.includes(word));
      element.hidden = !fits;
      if (fits) found += 1;
    }
    count.textContent = words.length === 0 ? '' : found + ' of ' + items.length + ' shown';
  };
  box.addEventListener('input', search);
  search();
})();
`;
