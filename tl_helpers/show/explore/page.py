"""The static form: native HTML controls over frames drawn beforehand.

It needs no network and no kernel, works from ``file://``, and every control is a native element
with a label, so a keyboard and a screen reader can use it. The script makes the controls: where a
page runs no scripts, the default frame and a sentence stay, and no dead slider.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from html import escape
from typing import TYPE_CHECKING

from tl_helpers.show.plots.house import HIDDEN

if TYPE_CHECKING:
    from tl_helpers.show.explore.controls import Control
    from tl_helpers.show.explore.explorer import Explorer
    from tl_helpers.show.explore.frames import Frame, Key

_count = itertools.count(1)

# The root is found from the script itself, because a notebook may run it before the output is in
# the document. A key that turns a control must not turn a slide or leave the cell as well.
_SCRIPT = """(function(){
var d=%(data)s,s=document.currentScript;
var r=(s&&s.closest&&s.closest("figure"))||document.getElementById("%(id)s");
if(!r||r.hasAttribute("data-alive"))return;
r.setAttribute("data-alive","");
r.querySelector("[data-controls]").innerHTML=d.fields;
var c=[].slice.call(r.querySelectorAll("[data-control]"));
var v=r.querySelector("[data-view]"),said=r.querySelector("[data-said]");
if(!d.parts.length)d.frames[0].src=v.querySelector("img").src;
function turn(){
 var k=0;
 c.forEach(function(e,i){
  var p=e.tagName==="SELECT"?e.selectedIndex:+e.value,n=d.names[i];
  k=k*n.length+p;
  var o=e.parentNode.querySelector("[data-now]");
  if(o){o.textContent=n[p];e.setAttribute("aria-valuetext",n[p]);}
 });
 var f=d.frames[d.order[k]],m=v.firstElementChild;
 if(f.src){m.src=f.src;m.alt=f.alt;m.width=f.width;}
 else{
  m.setAttribute("aria-label",f.label);
  m.innerHTML=f.parts.map(function(i){return d.parts[i];}).join("");
 }
 said.textContent=f.alt;
}
c.forEach(function(e){
 e.addEventListener("input",turn);
 e.addEventListener("keydown",function(k){if(k.key!=="Tab")k.stopPropagation();});
});
})();"""

_FIELD = "display:inline-flex;align-items:center;gap:.5em;flex-wrap:wrap"


def _field(control: Control, id: str) -> str:
    label = f'<label for="{id}" style="font-weight:600">{escape(control.label)}</label>'
    if control.is_slider:
        widest = max(map(len, control.names))
        now = escape(control.names[control.start])
        return (
            f'<span style="{_FIELD}">{label}<input type="range" id="{id}" data-control min="0" '
            f'max="{len(control.values) - 1}" step="1" value="{control.start}" autocomplete="off" '
            f'aria-valuetext="{now}" style="width:14em;max-width:60vw;accent-color:#0072B2">'
            f'<span data-now aria-hidden="true" style="min-width:{widest}ch;'
            f'font-variant-numeric:tabular-nums">{now}</span></span>'
        )
    options = "".join(
        f"<option{' selected' if i == control.start else ''}>{escape(name)}</option>"
        for i, name in enumerate(control.names)
    )
    return (
        f'<span style="{_FIELD}">{label}<select id="{id}" data-control autocomplete="off" '
        f'style="font:inherit;max-width:90vw">{options}</select></span>'
    )


def _sentence(explorer: Explorer) -> str:
    """What a reader without scripts should know: which setting this is, and what others exist."""
    choices = "; ".join(f"{c.label}: {', '.join(c.names)}" for c in explorer.controls.values())
    return (
        f"A still picture ({explorer.words(explorer.default)}). In a running notebook, or in a "
        f"browser with JavaScript, you can turn it. {choices}."
    )


def page(explorer: Explorer, frames: dict[Key, Frame]) -> str:
    """The explorer as one piece of HTML.

    Args:
        explorer: for its controls and title.
        frames: a frame for every setting.

    Example:
        >>> page(explorer, frames).count("<img")  # doctest: +SKIP
        3
    """
    bare = all(frame.bare for frame in frames.values())  # then only the image is exchanged
    distinct: dict[str, int] = {}
    parts: dict[str, int] = {}
    listed: list[dict[str, object]] = []
    order = []
    for key in [explorer.default, *explorer.keys()]:
        frame = frames[key]
        if frame.html + frame.alt not in distinct:
            distinct[frame.html + frame.alt] = len(listed)
            entry: dict[str, object] = {"alt": frame.alt}
            if not bare:
                entry["label"] = frame.label
                entry["parts"] = [parts.setdefault(part, len(parts)) for part in frame.parts]
            elif frame.first:
                entry["width"] = frame.first.width
                if key != explorer.default:  # that one stands in the page: the script fetches it
                    source = base64.b64encode(frame.first.data).decode("ascii")
                    entry["src"] = f"data:image/png;base64,{source}"
            listed.append(entry)
        order.append(distinct[frame.html + frame.alt])
    names = [c.names for c in explorer.controls.values()]
    content: dict[str, object] = {
        "names": names,
        "order": order[1:],
        "frames": listed,
        "parts": list(parts),
    }
    # Same content, same id: executed notebooks do not change without reason. The counter keeps
    # two copies on one page apart.
    digest = hashlib.sha256(_script_safe(content).encode()).hexdigest()[:8]
    id = f"tl-explorer-{digest}-{next(_count)}"
    focus = f"<style>#{id} :focus-visible{{outline:3px solid #D55E00;outline-offset:2px}}</style>"
    content["fields"] = focus + "".join(
        _field(c, f"{id}-{place}") for place, c in enumerate(explorer.controls.values())
    )
    data = _script_safe(content)
    title = escape(explorer.title or "Explorer")
    heading = (
        f'<figcaption style="font-weight:600;margin-bottom:.3em">{title}</figcaption>'
        if explorer.title
        else ""
    )
    return (
        f'<figure id="{id}" role="group" aria-label="{title}" style="margin:.6em 0">{heading}'
        f'<div data-controls style="display:flex;gap:.4em 1.6em;flex-wrap:wrap;'
        f'margin-bottom:.5em"><small>{escape(_sentence(explorer))}</small></div>'
        f"<div data-view>{frames[explorer.default].html}</div>"
        f'<div data-said role="status" aria-live="polite" style="{HIDDEN}"></div>'
        f"<script>{_SCRIPT % {'id': id, 'data': data}}</script></figure>"
    )


def _script_safe(content: dict[str, object]) -> str:
    """JSON that may stand inside ``<script>``, the one element whose text needs no script to hide.

    Nothing in it may look like markup, or end a line of JavaScript.
    """
    data = json.dumps(content, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        data = data.replace(character, f"\\u{ord(character):04x}")
    return data
