/** What went wrong, by a name that programs can rely on. */
export class VigilError extends Error {
	/**
	 * @param {string} code an OAuth error such as "login_required", or one of ours in camelCase
	 * @param {string} message for developers
	 */
	constructor(code, message) {
		super(message);
		this.name = "VigilError";
		this.code = code;
	}
}

/** @param {unknown} cause @param {string} code for causes without one of their own @returns {VigilError} */
export function asVigilError(cause, code) {
	return cause instanceof VigilError ? cause : new VigilError(code, cause instanceof Error ? cause.message : String(cause));
}
