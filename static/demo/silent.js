// The end of a silent sign-in: hands the provider's answer to the page that opened this frame, on this origin only.
parent.postMessage({ vigil: "silent", url: location.href }, location.origin);
