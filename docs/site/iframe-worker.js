// Search without a server: browsers start no worker from file://, so its script runs in a hidden frame instead.
// The theme loads what is named iframe-worker before its own scripts; elsewhere than from a file it does nothing.
if (location.protocol === "file:") {
  window.Worker = class IFrameWorker extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.appendChild(this.frame);
      const inside = this.frame.contentWindow;
      // What a worker has and a frame has not. Messages of the frame go to whoever made the worker.
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      let loaded = Promise.resolve();
      inside.importScripts = (...urls) => {
        for (const one of urls) loaded = loaded.then(() => this.load(one));
        return loaded;
      };
      this.ready = this.load(url);
    }

    load(url) {
      return new Promise((resolve, reject) => {
        const inside = this.frame.contentDocument;
        const script = inside.createElement("script");
        script.src = new URL(url, location.href).href;
        script.onload = resolve;
        script.onerror = reject;
        inside.body.appendChild(script);
      });
    }

    postMessage(data) {
      const inside = this.frame.contentWindow;
      this.ready.then(() => inside.dispatchEvent(new MessageEvent("message", { data })));
    }

    addEventListener(type, listener, options) {
      super.addEventListener(type, listener, options);
    }

    set onmessage(listener) {
      this.addEventListener("message", listener);
    }

    terminate() {
      this.frame.remove();
    }
  };
  window.IFrameWorker = window.Worker;
}
