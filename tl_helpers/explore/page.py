"""The static form: native HTML controls over frames drawn beforehand.

It needs no network and no kernel, works from ``file://``, and every control is a native element
with a label, so a keyboard and a screen reader can use it. Without JavaScript (or where a page
strips it) the default frame stays.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tl_helpers.explore.controls import Control
    from tl_helpers.explore.explorer import Explorer, Frame, Key

_count = itertools.count(1)

# Controls are hidden until the script runs: a dead slider is worse than none. The root is found
# from the script itself, because a notebook may run it before the output is in the document.
_SCRIPT = """(function(){
var d=%(data)s,s=document.currentScript;
var r=(s&&s.closest&&s.closest("figure"))||document.getElementById("%(id)s");
if(!r)return;
var c=[].slice.call(r.querySelectorAll("[data-control]"));
var v=r.querySelector("[data-view]");
var m0=v.querySelector("img"),f0=d.frames[d.first];
if(f0.alt){f0.src=m0.src;}else{f0.html=v.innerHTML;}
function turn(){
 var k=0;
 c.forEach(function(e,i){
  var p=e.tagName==="SELECT"?e.selectedIndex:+e.value,n=d.names[i];
  k=k*n.length+p;
  var o=r.querySelector('output[for="'+e.id+'"]');
  if(o){o.textContent=n[p];e.setAttribute("aria-valuetext",n[p]);}
 });
 var f=d.frames[d.order[k]],m=v.querySelector("img");
 if(m&&f.src){m.src=f.src;m.alt=f.alt;m.width=f.width;}
 else if(f.src){v.textContent="";m=document.createElement("img");m.src=f.src;m.alt=f.alt;
  m.width=f.width;m.style.maxWidth="100%%";m.style.height="auto";v.appendChild(m);}
 else{v.innerHTML=f.html;}
}
c.forEach(function(e){e.addEventListener("input",turn);e.addEventListener("change",turn);});
r.querySelector("[data-controls]").style.display="flex";
turn();
})();"""

_FIELD = "display:flex;align-items:center;gap:.5em;flex-wrap:wrap"


def _field(control: Control, id: str) -> str:
    label = f'<label for="{id}" style="font-weight:600">{escape(control.label)}</label>'
    if control.is_slider:
        widest = max(map(len, control.names))
        now = escape(control.names[control.start])
        return (
            f'<span style="{_FIELD}">{label}<input type="range" id="{id}" data-control min="0" '
            f'max="{len(control.values) - 1}" step="1" value="{control.start}" '
            f'aria-valuetext="{now}" style="width:14em;max-width:60vw;accent-color:#0072B2">'
            f'<output for="{id}" style="min-width:{widest}ch;font-variant-numeric:tabular-nums">'
            f"{now}</output></span>"
        )
    options = "".join(
        f"<option{' selected' if i == control.start else ''}>{escape(name)}</option>"
        for i, name in enumerate(control.names)
    )
    return (
        f'<span style="{_FIELD}">{label}<select id="{id}" data-control style="font:inherit;'
        f'max-width:90vw">{options}</select></span>'
    )


def page(explorer: Explorer, frames: dict[Key, Frame]) -> str:
    """The explorer as one piece of HTML.

    Args:
        explorer: for its controls and title.
        frames: a frame for every setting.
    """
    distinct: dict[str, int] = {}
    listed: list[dict[str, object]] = []
    order = []
    for key in [explorer.default, *explorer.keys()]:
        frame = frames[key]
        if frame.html not in distinct:
            distinct[frame.html] = len(listed)
            if key == explorer.default:  # stands in the page already: the script fetches it
                listed.append({"alt": frame.alt, "width": frame.width} if frame.png else {})
            elif frame.png is None:
                listed.append({"html": frame.html})
            else:
                source = "data:image/png;base64," + base64.b64encode(frame.png).decode("ascii")
                listed.append({"src": source, "alt": frame.alt, "width": frame.width})
        order.append(distinct[frame.html])
    names = [c.names for c in explorer.controls.values()]
    content = {"names": names, "order": order[1:], "first": order[0], "frames": listed}
    data = json.dumps(content, ensure_ascii=False)
    # The data stand inside <script>, the one element that a page without scripts drops together
    # with its text; nothing in them may look like markup, or end a line of JavaScript.
    for character in "<>&\u2028\u2029":
        data = data.replace(character, f"\\u{ord(character):04x}")
    # Same content, same id: executed notebooks do not change without reason. The counter keeps
    # two copies on one page apart.
    digest = hashlib.sha256(data.encode()).hexdigest()[:8]
    id = f"tl-explorer-{digest}-{next(_count)}"
    fields = "".join(
        _field(c, f"{id}-{place}") for place, c in enumerate(explorer.controls.values())
    )
    title = explorer.title or "Explorer"
    heading = (
        f'<figcaption style="font-weight:600;margin-bottom:.3em">{escape(explorer.title)}'
        "</figcaption>"
        if explorer.title
        else ""
    )
    return (
        f'<figure id="{id}" role="group" aria-label="{escape(title)}" '
        f'style="margin:.6em 0">{heading}'
        f'<div data-controls style="display:none;gap:.4em 1.6em;flex-wrap:wrap;margin-bottom:.5em">'
        f'{fields}</div><div data-view aria-live="polite">{frames[explorer.default].html}</div>'
        f"<script>{_SCRIPT % {'id': id, 'data': data}}</script></figure>"
    )
