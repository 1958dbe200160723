/** Errors in the form of vLLM 0.10.1 and later, so that the one client reads them as its own. */

export class HttpError extends Error {
  readonly status: number
  readonly type: string
  readonly param: string | null
  constructor(
    status: number,
    message: string,
    {
      type = 'BadRequestError',
      param = null,
    }: { type?: string; param?: string | null } = {},
  ) {
    super(message)
    this.name = 'HttpError'
    this.status = status
    this.type = type
    this.param = param
  }
  get body(): object {
    const { message, type, param, status } = this
    return { error: { message, type, param, code: status } }
  }
}

/** The words clients know a too long prompt by. */
export const tooLong = (contextLength: number, tokens: number): HttpError =>
  new HttpError(
    400,
    `This model's maximum context length is ${contextLength} tokens. However, your prompt contains ${tokens} input tokens, which leaves no room for an answer. Please reduce the length of the input prompt. (parameter=input_tokens, value=${tokens})`,
    { param: 'input_tokens' },
  )
