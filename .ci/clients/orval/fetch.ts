const url = process.env.API_URL

/** Sends a request of the generated client, and returns its status, its body and its headers. */
export async function request<T>(path: string, options: RequestInit): Promise<T> {
  const response = await fetch(`${url}/api${path}`, options)
  const text = await response.text()
  const answer: unknown = { status: response.status, data: text && JSON.parse(text), headers: response.headers }
  return answer as T
}
