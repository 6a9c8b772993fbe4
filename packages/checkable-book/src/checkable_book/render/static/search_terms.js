/* What a search compares: words in lower case without accents, cut to their stems
   (search-words.js brings the stemmer of the language and the words that mean the
   same). A query is a list of slots; each is a list of phrases one of which must be there. */
(() => {
  const { stem = (word) => word, synonyms = [] } = window.checkableBookWords ?? {};

  const words = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const groups = synonyms.map((group) => group.map((phrase) => words(phrase).map(stem)));

  const slots = (query) => {
    const typed = words(query).filter((word, place, all) => word.length > 1 || all.length === 1);
    const asked = typed.map(stem);
    const found = [];
    for (let at = 0; at < asked.length;) {
      const alike = groups.flatMap((group) => group
        .filter((phrase) => phrase.every((word, place) => word === asked[at + place]))
        .map((phrase) => ({ length: phrase.length, group })));
      const length = Math.max(1, ...alike.map((one) => one.length));
      const same = alike.filter((one) => one.length === length).flatMap((one) => one.group);
      found.push({ begun: length === 1 ? typed[at] : "", phrases: [asked.slice(at, at + length), ...same] });
      at += length;
    }
    return found;
  };

  /* Say whether a text has every slot of a query: a phrase of it, or a word that begins as the one typed. */
  const matches = (text, query) => {
    const own = words(text);
    const held = new Set(own.map(stem));
    return query.every(({ begun, phrases }) => phrases.some((phrase) => phrase.every((word) => held.has(word)))
      || (begun.length > 3 && own.some((word) => word.startsWith(begun))));
  };

  window.checkableBook.terms = { words, stem, slots, matches };
})();
