// Who asks: an Entra ID token from Office, or a bearer token that the user typed once. Read by xlwings' code as getAuth().
"use strict";
(() => {
  const key = () => `${globalThis.Office?.context?.partitionKey ?? ""}tokenbook-token`;

  globalThis.tokenbookSignIn = (token) => localStorage.setItem(key(), token.trim());
  globalThis.tokenbookSignedIn = () => localStorage.getItem(key()) !== null;
  globalThis.tokenbookSignOut = () => localStorage.removeItem(key());

  globalThis.getAuth = async () => {
    const providers = globalThis.config?.authProviders ?? [];
    if (providers.includes("entraid")) {
      return { token: await xlwings.getAccessToken(), provider: "entraid" };
    }
    if (providers.includes("token")) {
      const token = localStorage.getItem(key());
      return { token: token ? `Bearer ${token}` : "", provider: "token" };
    }
    return { token: "", provider: "" };
  };
})();
