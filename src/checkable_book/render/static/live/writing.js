/* Writes values as the book does: numbers, years, months and small numbers in
   words, in each of its languages; the twin of what the build writes. */
(() => {
  const book = window.checkableBook;
  const data = book.data = window.checkableBookData;

  const words = (key, values = {}, language = book.language) => {
    const said = data.languages[language]?.words[key] ?? key;
    return said.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  };

  // Integers come from the database as BigInt, so that 77 and 77.0 stay apart.
  const plain = (value) => {
    if (typeof value !== "number") return value === null ? "" : String(value);
    return Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : String(value);
  };

  const number = (value, grouped, language = book.language) => {
    const { decimal, group } = data.languages[language];
    const [, sign, whole, rest = ""] = /^(-?)([^.]*)(?:\.(.*))?$/.exec(plain(value));
    const parted = grouped ? whole.replace(/\B(?=(\d{3})+$)/g, group) : whole;
    return sign + parted + (rest && decimal + rest);
  };

  const period = (value, language) => {
    const [, year, month] = /^([^-]*)-(\d\d)$/.exec(value) ?? [];
    return month ? data.languages[language].months[month - 1].replace("{year}", year) : value.replace("-", "–");
  };

  const written = (value, unit, language = book.language) => {
    if (typeof value === "string") return ["year", "month"].includes(unit) ? period(value, language) : value;
    return number(value, unit !== "year", language);
  };

  const spellers = {
    en: (() => {
      const small = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        + "sixteen seventeen eighteen nineteen").split(" ");
      const tens = "- - twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
      const spell = (count) => {
        if (count < 20) return small[count];
        if (count < 100) return tens[Math.floor(count / 10)] + (count % 10 ? `-${small[count % 10]}` : "");
        return `${small[Math.floor(count / 100)]} hundred${count % 100 ? ` and ${spell(count % 100)}` : ""}`;
      };
      return spell;
    })(),
    id: (() => {
      const small = ("nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas").split(" ");
      const spell = (count) => {
        if (count < 12) return small[count];
        if (count < 20) return `${small[count - 10]} belas`;
        const [size, name] = count < 100 ? [10, "puluh"] : [100, "ratus"];
        const first = count >= 100 && count < 200 ? "seratus" : `${small[Math.floor(count / size)]} ${name}`;
        return first + (count % size ? ` ${spell(count % size)}` : "");
      };
      return spell;
    })(),
  };

  /* What is no whole number from 0 to 999, or has no speller, stays in figures. */
  const spelled = (value, language = book.language) => {
    const count = Number(value);
    const speller = spellers[language];
    return speller && Number.isInteger(count) && count >= 0 && count < 1000 ? speller(count) : written(value, "", language);
  };

  // Text that holds nothing but a number is one, where a column mixes both.
  const typed = (value) => {
    if (typeof value !== "string") return value;
    if (/^-?(0|[1-9]\d*)$/.test(value)) return BigInt(value);
    return /^-?\d+\.\d+$/.test(value) && plain(Number(value)) === value ? Number(value) : value;
  };

  Object.assign(book, { words, plain, written, spelled, typed });
})();
