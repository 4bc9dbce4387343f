// Excel, as far as the task pane and xlwings' client use it, over a workbook in __book. As in Office.js a property can be
// read only after it was asked for with load() and sync() was awaited, and values must have the shape of their range.
(() => {
  const blank = { name: "Book1.xlsx", names: [], sheets: [{ name: "Sheet1", position: 0, values: [[""]], formats: [["General"]], tables: [] }] };
  const book = globalThis.__book ?? blank;
  const host = (globalThis.__host = {
    book, functions: {}, actions: {}, created: [], panes: 0, formulas: {}, writes: [], token: "",
    selected: { sheet: 0, row: 4, column: 2 },
  });

  let waiting = [];
  const asked = (what) => [what ?? "*"].flat().flatMap((text) => String(text).split(",")).map((text) => text.trim().split("/")[0]);

  // An object of Excel: properties that must be loaded, what may be set, and what is at hand at once.
  function object(read, { write = {}, ...rest } = {}, ready = false) {
    const loaded = new Map();
    const take = (names) => {
      const all = names.includes("*") ? Object.keys(read) : names.filter((name) => name in read);
      all.forEach((name) => loaded.set(name, read[name]()));
    };
    if (ready) {
      take(["*"]);
    }
    const proxy = new Proxy(rest, {
      get(target, key) {
        if (key === "load") {
          return (what) => {
            waiting.push(() => take("items" in read ? ["items"] : asked(what)));
            return proxy;
          };
        }
        if (key in target || typeof key === "symbol" || key === "then") {
          return target[key];
        }
        if (loaded.has(key)) {
          return loaded.get(key);
        }
        throw new Error(key in read ? `PropertyNotLoaded: ${key}` : `Excel has no ${String(key)} here`);
      },
      set(_, key, value) {
        if (!(key in write)) {
          throw new Error(`Excel cannot set ${String(key)} here`);
        }
        waiting.push(() => write[key](value));
        return true;
      },
    });
    return proxy;
  }

  const collection = (items, rest = {}) => object({ items }, rest);
  const none = () => object({}, { isNullObject: true });
  const letters = (column) => (column < 26 ? "" : letters(Math.floor(column / 26) - 1)) + String.fromCharCode(65 + (column % 26));
  const cellOf = (text) => {
    const [, name, row] = /^\$?([A-Z]+)\$?(\d+)$/.exec(text);
    return [Number(row) - 1, [...name].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1];
  };

  function range(sheet, row, column, rows, columns) {
    const grid = (from, otherwise) =>
      Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => from[row + r]?.[column + c] ?? otherwise));
    const write = (matrix, put) => {
      if (!Array.isArray(matrix) || matrix.length !== rows || matrix.some((each) => each.length !== columns)) {
        throw new Error("InvalidArgument: the matrix has not the size of the range");
      }
      matrix.forEach((cells, r) => cells.forEach((cell, c) => put(row + r, column + c, cell)));
    };
    return object(
      {
        address: () => `${/\W/.test(sheet.name) ? `'${sheet.name}'` : sheet.name}!${letters(column)}${row + 1}${rows * columns > 1 ? `:${letters(column + columns - 1)}${row + rows}` : ""}`,
        values: () => grid(sheet.values, ""),
        numberFormat: () => grid(sheet.formats, "General"),
        rowCount: () => rows,
        columnCount: () => columns,
        rowIndex: () => row,
        columnIndex: () => column,
      },
      {
        isNullObject: false,
        get worksheet() {
          return sheetOf(sheet);
        },
        getCell: (r, c) => range(sheet, row + r, column + c, 1, 1),
        write: {
          values: (matrix) => write(matrix, (r, c, cell) => put(sheet, r, c, cell)),
          formulas: (matrix) => write(matrix, (r, c, cell) => (host.formulas[`${sheet.name}!${letters(c)}${r + 1}`] = cell)),
        },
      },
    );
  }

  // As if it were typed: an apostrophe makes a text, and what looks like a date becomes one.
  function put(sheet, row, column, cell) {
    if (cell === null) {
      return;
    }
    while (sheet.values.length <= row) {
      sheet.values.push(sheet.values[0].map(() => ""));
    }
    let value = cell;
    if (typeof cell === "string") {
      value = cell.startsWith("'") ? cell.slice(1) : /^\d{4}-\d\d-\d\d$/.test(cell) ? Date.parse(cell) / 86400000 + 25569 : cell;
    }
    sheet.values[row][column] = value;
    host.writes.push([`${sheet.name}!${letters(column)}${row + 1}`, value]);
  }

  function tableOf(sheet, table) {
    const all = () => range(sheet, table.row, table.column, table.rows, table.columns.length);
    const properties = { name: () => table.name, showHeaders: () => true, showTotals: () => false, style: () => table.style };
    for (const name of ["showFilterButton", "highlightFirstColumn", "highlightLastColumn", "showBandedRows", "showBandedColumns"]) {
      properties[name] = () => false;
    }
    return object(properties, {
      getRange: all,
      getDataBodyRange: () => range(sheet, table.row + 1, table.column, table.rows - 1, table.columns.length),
      getHeaderRowRange: () => range(sheet, table.row, table.column, 1, table.columns.length),
      columns: collection(() => table.columns.map((name) => object({ name: () => name }, {}, true))),
      rows: object({ count: () => table.rows - 1 }, {
        add: (index, values) =>
          waiting.push(() => {
            if (index !== null && index !== table.rows - 1) {
              throw new Error("this host adds rows at the end only");
            }
            values[0].forEach((cell, c) => put(sheet, table.row + table.rows, table.column + c, cell));
            table.rows += 1;
          }),
      }),
    }, true);
  }

  const made = new Map();
  function sheetOf(sheet) {
    if (!made.has(sheet)) {
      made.set(sheet, object(
        { name: () => sheet.name, position: () => sheet.position, visibility: () => "Visible", showGridlines: () => true },
        {
          isNullObject: false,
          names: collection(() => []),
          charts: collection(() => []),
          shapes: collection(() => []),
          pivotTables: collection(() => []),
          notes: collection(() => []),
          tables: collection(() => sheet.tables.map((table) => tableOf(sheet, table))),
          protection: object({ protected: () => false }),
          pageLayout: { getPrintAreaOrNullObject: none },
          getUsedRangeOrNullObject: () => range(sheet, 0, 0, sheet.values.length, sheet.values[0].length),
          getRangeByIndexes: (row, column, rows, columns) => range(sheet, row, column, rows, columns),
          getRange: (address) => {
            const [first, last = first] = address.split(":");
            const [top, left] = cellOf(first);
            const [bottom, right] = cellOf(last);
            return range(sheet, top, left, bottom - top + 1, right - left + 1);
          },
        },
        true,
      ));
    }
    return made.get(sheet);
  }

  function nameOf(name) {
    const [, sheet, address] = /^='?(.*?)'?!(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)$/.exec(name.formula) ?? [];
    const target = book.sheets.find((each) => each.name === sheet);
    return object(
      { name: () => name.name, type: () => (target ? "Range" : "String"), formula: () => name.formula },
      {
        getRangeOrNullObject: () => (target ? sheetOf(target).getRange(address) : none()),
        write: { formula: (text) => (name.formula = text) },
      },
      true,
    );
  }

  const application = object({ calculationMode: () => "Automatic" }, {
    cultureInfo: object({ name: () => "en-US" }, { datetimeFormat: object({ shortDatePattern: () => "m/d/yyyy" }) }),
  });

  class RequestContext {
    constructor() {
      this.application = application;
      this.workbook = object({ name: () => book.name }, {
        application,
        names: collection(() => book.names.map(nameOf), {
          getItem: (wanted) => nameOf(book.names.find((each) => each.name === wanted)),
        }),
        worksheets: collection(() => book.sheets.map(sheetOf), {
          getItem: (wanted) => sheetOf(book.sheets.find((each) => each.name === wanted)),
          getItemOrNullObject: (wanted) => {
            const found = book.sheets.find((each) => each.name === wanted);
            return found ? sheetOf(found) : none();
          },
          getActiveWorksheet: () => sheetOf(book.sheets[0]),
        }),
        getSelectedRange: () => range(book.sheets[host.selected.sheet], host.selected.row, host.selected.column, 1, 1),
      });
    }

    async sync() {
      await null;
      const work = waiting;
      waiting = [];
      work.forEach((each) => each());
    }
  }

  globalThis.Excel = {
    RequestContext,
    ShapeType: { image: "Image" },
    run: async (...given) => {
      const context = new RequestContext();
      const found = await given.at(-1)(context);
      await context.sync();
      return found;
    },
    createWorkbook: async (content) => host.created.push(content),
  };

  class CustomFunctionsError extends Error {
    constructor(code, message) {
      super(message);
      this.code = code;
    }
  }
  globalThis.CustomFunctions = {
    associate: (id, work) => (host.functions[id] = work),
    Error: CustomFunctionsError,
    ErrorCode: { invalidValue: "#VALUE!", notAvailable: "#N/A", divisionByZero: "#DIV/0!", invalidNumber: "#NUM!" },
  };

  const ready = { host: "Excel", platform: "PC" };
  globalThis.Office = {
    HostType: { Excel: "Excel" },
    onReady: async (work) => {
      await null;
      work?.(ready);
      return ready;
    },
    actions: { associate: (name, work) => (host.actions[name] = work) },
    addin: { showAsTaskpane: async () => (host.panes += 1) },
    auth: { getAccessToken: async () => host.token },
    context: {
      requirements: { isSetSupported: () => true },
      diagnostics: { version: "16.0", platform: "PC" },
      partitionKey: "partition-",
    },
  };

  // A cell that calls a function: its value, or the error with the sentence that Excel shows for it.
  host.call = async (id, args, address = "Sheet1!C3") => {
    try {
      return { value: await host.functions[id](...args, { address }) };
    } catch (error) {
      return { error: { code: error.code, message: error.message } };
    }
  };
})();
