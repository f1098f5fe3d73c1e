// A matrix as a picture. What it shows stands in tables too.

const MOST_PIXELS = 360;

/**
 * Draws weights from 0 to 1.
 * @param {HTMLCanvasElement} canvas
 * @param {number[][]} weights - rows look at columns.
 * @param {number} chosen - the row with a frame around it.
 */
export function drawHeatMap(canvas, weights, chosen) {
  const size = weights.length;
  const cell = Math.max(2, Math.min(24, Math.floor(MOST_PIXELS / size)));
  canvas.width = canvas.height = cell * size;
  const style = getComputedStyle(canvas);
  const context = canvas.getContext("2d");
  context.fillStyle = style.getPropertyValue("--strong");
  const most = Math.max(...weights.map((row) => Math.max(...row)), 1e-6);
  weights.forEach((row, y) =>
    row.forEach((weight, x) => {
      context.globalAlpha = weight / most;
      context.fillRect(x * cell, y * cell, cell, cell);
    }),
  );
  context.globalAlpha = 1;
  context.strokeStyle = style.getPropertyValue("--text");
  context.strokeRect(0.5, chosen * cell + 0.5, cell * size - 1, cell - 1);
}
