"use strict";
{
  const place = document.getElementById("activity");
  let shown = "";
  const selected = () => {
    const selection = document.getSelection();
    return selection !== null && !selection.isCollapsed && place.contains(selection.anchorNode);
  };
  const look = async () => {
    if (document.hidden || selected()) return;
    try {
      const answer = await fetch("/console/activity");
      if (!answer.ok) return;
      const text = await answer.text();
      if (text === shown || selected()) return;
      shown = text;
      place.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
    } catch {
      // The pool is gone for now.
    }
  };
  setInterval(look, 2000);
}
