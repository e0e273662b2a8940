// A canvas to draw a digit on, for gr.HTML: every finished stroke is uploaded, and its file becomes the value.
const canvas = element.querySelector("canvas"), pen = canvas.getContext("2d");
const place = event => [event.offsetX * canvas.width / canvas.clientWidth, event.offsetY * canvas.height / canvas.clientHeight];
function clear() {
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
}
async function send() {
  const picture = await new Promise(done => canvas.toBlob(done));
  const file = await upload(new File([picture], "digit.png", {type: "image/png"}));
  props.value = {...file, meta: {_type: "gradio.FileData"}};
  trigger("change");
}
clear();
Object.assign(pen, {lineWidth: canvas.width / 12, lineCap: "round", lineJoin: "round"});
canvas.onpointerdown = event => {
  canvas.setPointerCapture(event.pointerId);
  pen.beginPath();
  pen.moveTo(...place(event));
  canvas.onpointermove(event);
};
canvas.onpointermove = event => {
  if (!event.buttons) return;
  pen.lineTo(...place(event));
  pen.stroke();
};
canvas.onpointerup = send;
element.querySelector("button").onclick = () => { clear(); props.value = null; trigger("change"); };
