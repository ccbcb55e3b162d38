export const SHAPES = [
  "circle",
  "diamond",
  "triangle",
  "square",
  "cross",
  "hexagon",
  "ring",
  "stack",
] as const;

export const COLOURS = 32;

/** Turns units of the world into the clip space of the picture. */
const PLACE = `
uniform vec2 middle;
uniform vec2 perUnit;
vec2 placed(vec2 at) { return (at - middle) * perUnit; }
const vec4 NOWHERE = vec4(2.0, 2.0, 2.0, 1.0);
`;

export const NODE_VERTICES = `#version 300 es
precision highp float;
layout(location = 0) in vec2 at;
layout(location = 1) in float radius;
layout(location = 2) in uvec3 look;
uniform vec4 sizes; // pixels per unit, fewest, most, pixels of the device per pixel
uniform vec3 palette[${COLOURS}];
flat out uint shape;
flat out float span;
flat out float soft;
flat out vec3 colour;
${PLACE}
void main() {
  float pixels = clamp(radius * sizes.x, sizes.y, sizes.z) * sizes.w;
  gl_Position = look.z == 0u ? NOWHERE : vec4(placed(at), 0.0, 1.0);
  gl_PointSize = 2.0 * pixels + 3.0;
  span = gl_PointSize / pixels;
  soft = 0.75 / pixels;
  shape = pixels < 3.0 ? 0u : look.y;
  colour = palette[look.x];
}`;

/** The distance to the rim of each shape, in radii: negative inside. */
export const NODE_PIXELS = `#version 300 es
precision highp float;
flat in uint shape;
flat in float span;
flat in float soft;
flat in vec3 colour;
uniform vec3 ground;
out vec4 pixel;
float rim(vec2 p) {
  vec2 q = abs(p);
  switch (shape) {
    case 1u: return (q.x + q.y - 1.15) * 0.7071;
    case 2u: return max(q.x * 0.866 - p.y * 0.5, p.y) - 0.62;
    case 3u: return max(q.x, q.y) - 0.82;
    case 4u: return min(max(q.x - 0.38, q.y - 1.0), max(q.y - 0.38, q.x - 1.0));
    case 5u: return max(q.x * 0.866 + q.y * 0.5, q.y) - 0.85;
    case 6u: return abs(length(p) - 0.75) - 0.25;
    default: return length(p) - 1.0;
  }
}
void main() {
  vec2 p = (gl_PointCoord - 0.5) * span;
  p.y -= shape == 2u ? 0.12 : 0.0;
  float distance = rim(p);
  if (shape == 7u) {
    float lines = abs(length(p) - 0.72) - 0.06;
    distance = max(length(p) - 1.0, -lines);
  }
  float cover = 1.0 - smoothstep(-soft, soft, distance);
  if (cover < 0.35) discard;
  pixel = vec4(mix(ground, colour, cover), 1.0);
}`;

export const EDGE_VERTICES = `#version 300 es
precision highp float;
layout(location = 0) in vec2 at;
layout(location = 1) in uint visible;
${PLACE}
void main() { gl_Position = visible == 0u ? NOWHERE : vec4(placed(at), 0.5, 1.0); }`;

export const EDGE_PIXELS = `#version 300 es
precision highp float;
uniform vec4 line;
out vec4 pixel;
void main() { pixel = vec4(line.rgb * line.a, line.a); }`;

/** One quad with the picture; \`from\` maps the view to the picture. */
export const QUAD_VERTICES = `#version 300 es
precision highp float;
uniform vec4 from; // factor and offset, across and down
out vec2 where;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  where = (corner * from.xy + from.zw) * 0.5 + 0.5;
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

export const QUAD_PIXELS = `#version 300 es
precision highp float;
uniform sampler2D picture;
uniform vec3 ground;
in vec2 where;
out vec4 pixel;
void main() {
  bool outside = any(lessThan(where, vec2(0.0))) || any(greaterThan(where, vec2(1.0)));
  pixel = outside ? vec4(ground, 1.0) : texture(picture, where);
}`;
