/* Writes values as the book does, in each of its languages: numbers, years,
   months, days, yes and no, small numbers in words. The twin of
   checkable_book.text and checkable_book.render.i18n. */
(() => {
  const book = window.checkableBook;
  const data = book.data = window.checkableBookData;

  const words = (key, values = {}, language = book.language) => {
    const message = data.languages[language]?.words[key] ?? key;
    return message.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  };

  /* Return a message that counts, in the plural form that the language has for the count. */
  const counted = (key, count, language = book.language) => {
    const forms = data.languages[language].words[key];
    const message = forms[new Intl.PluralRules(language).select(count)] ?? forms.other;
    return message.replace("{count}", written(BigInt(count), "", language));
  };

  /* Return a number with the digits that it has, without an exponent from 1e-7 up to 1e16. */
  const digits = (value) => {
    if (value === 0) return "0.0";
    if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
    const sign = value < 0 ? "-" : "";
    const [mantissa, exponent] = Math.abs(value).toExponential().split("e");
    const power = Number(exponent);
    if (power < -7 || power >= 16) return `${sign}${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
    const all = mantissa.replace(".", "");
    if (power < 0) return `${sign}0.${"0".repeat(-power - 1)}${all}`;
    const whole = all.slice(0, power + 1).padEnd(power + 1, "0");
    return `${sign}${whole}.${all.slice(power + 1) || "0"}`;
  };

  // Integers come from the database as BigInt, so that 77 and 77.0 stay apart.
  const plain = (value) => {
    if (value === null || value === undefined) return "";
    if (value instanceof Uint8Array) return `${value.length} bytes`;
    return typeof value === "number" ? digits(value) : String(value);
  };

  const raised = (power) => String(power).replace(/[-\d]/g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"[sign === "-" ? 0 : Number(sign) + 1]);

  const number = (value, grouped, language = book.language) => {
    const { decimal, group } = data.languages[language];
    const [, sign, whole, rest = "", exponent] = /^(-?)([^.e]*)(?:\.([^e]*))?(?:e(.*))?$/.exec(plain(value));
    const parted = grouped ? whole.replace(/\B(?=(\d{3})+$)/g, group) : whole;
    return `${sign}${parted}${rest && decimal + rest}${exponent ? ` × 10${raised(Number(exponent))}` : ""}`;
  };

  const period = (value, language) => {
    const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(value) ?? [];
    return month ? data.languages[language].months[month - 1].replace("{year}", year) : value.replace("-", "–");
  };

  const date = (value, language) => {
    const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) ?? [];
    return year ? data.languages[language].days[month - 1].replace("{year}", year).replace("{day}", Number(day)) : value;
  };

  /* Return a value as a language writes it, by its unit and the type of its column. */
  const written = (value, unit = "", language = book.language, type = "") => {
    if (value === null) return "";
    if (type === "boolean") return words(Number(value) ? "yes" : "no", {}, language);
    if (typeof value === "string") {
      if (type === "date") return date(value, language);
      return ["year", "month"].includes(unit) ? period(value, language) : value;
    }
    return number(value, unit !== "year" && type !== "year", language);
  };

  /* Return a number in words, as far as the book knows them; others stay in figures. */
  const spelled = (value, language = book.language) =>
    data.languages[language].spelled[Number(value)] ?? written(value, "", language);

  // Text that holds nothing but a number is one, where a column mixes both.
  const typed = (value) => {
    if (typeof value !== "string") return value;
    if (/^-?(0|[1-9]\d*)$/.test(value)) return BigInt(value);
    return /^-?\d+\.\d+$/.test(value) && digits(Number(value)) === value ? Number(value) : value;
  };

  /* Return a cell of the tables as a file would hold it; the twin of cell_text. */
  const cellText = (field, cell) => {
    if (cell === null) return "";
    if (typeof cell === "object") return cell.integer;
    if (field.type === "boolean") return cell ? "true" : "false";
    return field.type === "number" ? digits(cell) : String(cell);
  };

  Object.assign(book, { words, counted, plain, written, spelled, typed, cellText });
})();
