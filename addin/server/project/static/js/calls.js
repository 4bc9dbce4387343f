// Function calls of one calculation go to the server together, and errors come back with their sentence.
//
// Excel asks for each cell by itself. Calls that arrive within WINDOW_MS are one request; the answer of each is handed
// to the call that waits for it, so xlwings' own code around it (authentication, retries) works as ever.
"use strict";
(() => {
  const WINDOW_MS = 4;
  const MOST_CALLS = 1000;
  const CALL = "/xlwings/custom-functions-call";
  const BATCH = "/xlwings/custom-functions-batch";

  let waiting = [];
  let timer = null;

  function failed(status, data) {
    const error = new Error(`Request failed with status ${status}`);
    error.response = { status, data, statusText: "" };
    return error;
  }

  async function send(plain, calls) {
    const [first] = calls;
    try {
      const response = await plain(first.url.replace(CALL, BATCH), calls.map((call) => call.body), first.options);
      if (!Array.isArray(response.data) || response.data.length !== calls.length) {
        throw new Error("The server answered with something else");
      }
      calls.forEach((call, index) => {
        const { status, data } = response.data[index];
        if (status === 200) {
          call.resolve({ data, status, statusText: "OK" });
        } else {
          call.reject(failed(status, data));
        }
      });
    } catch (error) {
      calls.forEach((call) => call.reject(error));
    }
  }

  function flush(plain) {
    clearTimeout(timer);
    timer = null;
    const calls = waiting;
    waiting = [];
    // Calls of one request share their headers; a token that was renewed in between starts another request.
    const groups = new Map();
    for (const call of calls) {
      const sign = JSON.stringify(call.options?.headers ?? {});
      groups.set(sign, [...(groups.get(sign) ?? []), call]);
    }
    for (const group of groups.values()) {
      if (group.length === 1) {
        const [call] = group;
        plain(call.url, call.body, call.options).then(call.resolve, call.reject);
      } else {
        send(plain, group);
      }
    }
  }

  function batching(request) {
    const plain = request.post.bind(request);
    return {
      ...request,
      post(url, body, options) {
        if (!url.endsWith(CALL)) {
          return plain(url, body, options);
        }
        return new Promise((resolve, reject) => {
          waiting.push({ url, body, options, resolve, reject });
          if (waiting.length >= MOST_CALLS) {
            flush(plain);
          } else if (timer === null) {
            timer = setTimeout(() => flush(plain), WINDOW_MS);
          }
        });
      },
    };
  }

  // xlwings sets xwRequest once, from a module that runs later than this script.
  let current = globalThis.xwRequest ? batching(globalThis.xwRequest) : undefined;
  Object.defineProperty(globalThis, "xwRequest", {
    configurable: true,
    get: () => current,
    set: (request) => {
      current = batching(request);
    },
  });

  // Excel shows a sentence for #VALUE! and #N/A if the error is thrown; other errors it takes as values.
  const SAYS = { Value: "invalidValue", NotAvailable: "notAvailable" };

  function withSentence(result) {
    const cell = Array.isArray(result) && result.length === 1 && result[0].length === 1 ? result[0][0] : null;
    if (cell?.type !== "Error" || !cell.message) {
      return result;
    }
    const { message, ...error } = cell;
    if (SAYS[error.errorType] && globalThis.CustomFunctions?.Error) {
      throw new CustomFunctions.Error(CustomFunctions.ErrorCode[SAYS[error.errorType]], message);
    }
    return [[error]];
  }

  const associate = CustomFunctions.associate.bind(CustomFunctions);
  CustomFunctions.associate = (id, work) =>
    associate(id, async (...args) => withSentence(await work(...args)));
})();
