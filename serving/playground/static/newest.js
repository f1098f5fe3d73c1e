// Of tasks that follow each other quickly only the newest matters.

/** Runs tasks so that an older one is aborted, and nothing of it is seen, when a newer one begins. */
export class Newest {
  #timer = null;
  #controller = null;

  /**
   * Begins a task after a pause in which no other one came.
   * @param {number} pause - milliseconds.
   * @param {function(AbortSignal): Promise} task - its outcome is its own affair; `signal.aborted` says it is too late.
   */
  start(pause, task) {
    this.cancel();
    const controller = new AbortController();
    this.#controller = controller;
    this.#timer = setTimeout(() => task(controller.signal), pause);
  }

  /** Ends what waits or runs. */
  cancel() {
    clearTimeout(this.#timer);
    this.#controller?.abort();
  }
}

/** Runs tasks one after another; of those that come while one runs, only the last is run. */
export class OneAtATime {
  #running = false;
  #next = null;

  /** Begins a task, a function that returns a promise, now or when the running one has ended. */
  async start(task) {
    this.#next = task;
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#next) {
        const now = this.#next;
        this.#next = null;
        await now();
      }
    } finally {
      this.#running = false;
    }
  }
}
