// A security key: reads the challenge of the page, asks the key, puts its answer into the form and sends it.
(() => {
  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

  const read = (options) => {
    const asked = { ...options, challenge: toBytes(options.challenge) };
    if (options.user) asked.user = { ...options.user, id: toBytes(options.user.id) };
    for (const list of ["excludeCredentials", "allowCredentials"]) {
      if (options[list]) asked[list] = options[list].map((one) => ({ ...one, id: toBytes(one.id) }));
    }
    return asked;
  };

  const told = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = toText(credential.response[name]);
    }
    return {
      id: credential.id,
      rawId: toText(credential.rawId),
      type: credential.type,
      response,
      clientExtensionResults: credential.getClientExtensionResults(),
    };
  };

  for (const form of document.querySelectorAll("form[data-webauthn]")) {
    form.querySelector("[data-webauthn-start]").addEventListener("click", async () => {
      const failed = form.querySelector("[data-webauthn-failed]");
      if (!form.reportValidity()) return;
      try {
        const options = JSON.parse(document.getElementById("webauthn-options").textContent);
        const publicKey = read(options.publicKey);
        const credential = await navigator.credentials[form.dataset.webauthn]({ publicKey });
        form.elements.credential.value = JSON.stringify(told(credential));
        form.submit();
      } catch (error) {
        failed.classList.remove("yp-hidden");
      }
    });
  }
})();
