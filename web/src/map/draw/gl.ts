/** A program of WebGL, with the places of its uniforms by name. */
export class Program {
  readonly #gl: WebGL2RenderingContext;
  readonly #program: WebGLProgram;
  readonly #places = new Map<string, WebGLUniformLocation | null>();

  constructor(gl: WebGL2RenderingContext, vertices: string, pixels: string) {
    this.#gl = gl;
    this.#program = gl.createProgram();
    gl.attachShader(this.#program, compiled(gl, gl.VERTEX_SHADER, vertices));
    gl.attachShader(this.#program, compiled(gl, gl.FRAGMENT_SHADER, pixels));
    gl.linkProgram(this.#program);
    if (!gl.getProgramParameter(this.#program, gl.LINK_STATUS)) {
      throw new Error(gl.getProgramInfoLog(this.#program) ?? "the shaders do not fit together");
    }
  }

  use(): void {
    this.#gl.useProgram(this.#program);
  }

  at(name: string): WebGLUniformLocation | null {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place = this.#gl.getUniformLocation(this.#program, name);
    this.#places.set(name, place);
    return place;
  }
}

function compiled(gl: WebGL2RenderingContext, kind: number, source: string): WebGLShader {
  const shader = gl.createShader(kind);
  if (!shader) throw new Error("WebGL is lost");
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) {
    throw new Error(gl.getShaderInfoLog(shader) ?? "a shader does not compile");
  }
  return shader;
}

/** A picture to draw into: a texture, and the depth that keeps edges behind nodes. */
export class Target {
  readonly texture: WebGLTexture;
  readonly #gl: WebGL2RenderingContext;
  readonly #frame: WebGLFramebuffer;
  readonly #depth: WebGLRenderbuffer;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.texture = gl.createTexture();
    this.#frame = gl.createFramebuffer();
    this.#depth = gl.createRenderbuffer();
  }

  resize(width: number, height: number): void {
    const gl = this.#gl;
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) {
      gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    }
    for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, way, gl.LINEAR);
    }
    gl.bindRenderbuffer(gl.RENDERBUFFER, this.#depth);
    gl.renderbufferStorage(gl.RENDERBUFFER, gl.DEPTH_COMPONENT16, width, height);
    this.bind();
    const [kind, place] = [gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0];
    gl.framebufferTexture2D(kind, place, gl.TEXTURE_2D, this.texture, 0);
    gl.framebufferRenderbuffer(kind, gl.DEPTH_ATTACHMENT, gl.RENDERBUFFER, this.#depth);
  }

  bind(): void {
    this.#gl.bindFramebuffer(this.#gl.FRAMEBUFFER, this.#frame);
  }
}
