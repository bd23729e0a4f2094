/**
 * Loads a page that nobody sees.
 * @param {string} url @param {string} title for those who inspect the page
 * @returns {HTMLIFrameElement}
 */
export function hiddenFrame(url, title) {
	const frame = document.createElement("iframe");
	frame.hidden = true;
	frame.title = title;
	frame.tabIndex = -1;
	frame.setAttribute("aria-hidden", "true");
	frame.src = url;
	document.body.append(frame);
	return frame;
}
