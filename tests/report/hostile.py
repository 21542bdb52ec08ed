"""120 texts that try to run, load, hide or break something where they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

RUN = "window.pwned=(window.pwned||0)+1"
URL = "http://127.0.0.1:9/beacon"

ELEMENTS = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</script ><script >{RUN}</script >",
    f"</SCRIPT><SCRIPT>{RUN}</SCRIPT>",
    f'"}}]}}</script><script>{RUN}</script>',
    f"--></script><!--<script>{RUN}</script>",
    f"<!--<script>{RUN}//",
    f"</style><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</details></article><script>{RUN}</script>",
    f"</td></tr></table><script>{RUN}</script>",
    f"</figcaption></figure><script>{RUN}</script>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<script/x>{RUN}</script>",
    f"<script src={URL}.js></script>",
    f"<script type=module>import('{URL}.mjs')</script>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><script href={URL}.js /></svg>",
    f"<math><mtext><script>{RUN}</script></mtext></math>",
    f"<noscript><p title='</noscript><script>{RUN}</script>'>",
    f"<template><script>{RUN}</script></template>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src={URL}></iframe>",
    f"<object data={URL}></object>",
    f"<embed src={URL}>",
    f"<base href={URL}/>",
    f"<link rel=stylesheet href={URL}.css>",
    f"<link rel=prefetch href={URL}>",
    f"<meta http-equiv=refresh content='0;url={URL}'>",
    f"<form action={URL}><button autofocus>send me my money</button></form>",
    f"<style>@import url({URL}.css);</style>",
    "<style>body{display:none}</style>",
    f'<div style="background:url({URL})">parcel</div>',
    f"<table background={URL}><tr><td>parcel</table>",
    f"<video poster={URL}><source src={URL}></video>",
    f"<audio src={URL} autoplay></audio>",
    f"<img src={URL}>",
    f"<img srcset='{URL} 1x'>",
    f"<input type=image src={URL}>",
]

HANDLERS = [
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror='{RUN}'>",
    f'<img src=x onerror="{RUN}">',
    f'"><img src=x onerror={RUN}>',
    f"'><img src=x onerror={RUN}>",
    f"<IMG SRC=x OnErRoR={RUN}>",
    f"<img/src=x/onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<body onload={RUN}>",
    f"<body onpageshow={RUN}>",
    f"<details open ontoggle={RUN}><summary>refund</summary></details>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<textarea autofocus onfocus={RUN}>",
    f"<video onerror={RUN}><source></video>",
    f"<audio src=x onerror={RUN}>",
    f"<marquee onstart={RUN}>where is it</marquee>",
    f"<div onpointerenter={RUN} style=position:fixed;inset:0>money back</div>",
    f"<a autofocus tabindex=1 onfocus={RUN}>order</a>",
    f"<xss style=animation-name:x onanimationstart={RUN}>",
    f'" onmouseover="{RUN}" x="',
    f"' onmouseover='{RUN}' x='",
    f"` onmouseover={RUN} `",
    f'" autofocus onfocus="{RUN}',
    f"<svg><a xlink:href=javascript:{RUN}><text y=20>refund</text></a></svg>",
    f"<svg><use href=\"data:image/svg+xml,<svg id='x' onload='{RUN}'/>#x\"/></svg>",
    f'<img src=1 href=1 onerror="javascript:{RUN}"></img>',
]

LINKS = [
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f"java\tscript:{RUN}",
    f"<a href=javascript:{RUN}>my order</a>",
    f"<a href=' javascript:{RUN}'>my order</a>",
    f'<a href="data:text/html,<script>{RUN}</script>">my order</a>',
    "data:text/html;base64,PHNjcmlwdD53aW5kb3cucHduZWQ9MTwvc2NyaXB0Pg==",
    f"[my order](javascript:{RUN})",
    f"[my order](<javascript:{RUN}>)",
    f"![parcel]({URL}.png)",
    f'![x](x" onerror="{RUN})',
    f"<{URL}>",
    f"<javascript:{RUN}>",
    f"[x]: javascript:{RUN}\n[x]",
    f"`<script>{RUN}</script>`",
    f"```html\n<script>{RUN}</script>\n```",
    f"# </h1><script>{RUN}</script>",
    f"| a | b |\n|---|---|\n| <img src=x onerror={RUN}> | b |",
    "file:///etc/passwd",
    f"vbscript:{RUN}",
]

SYNTAX = [
    "{{ 7 * 7 }}",
    "{{ ''.__class__.__mro__ }}",
    "{% include '/etc/passwd' %}",
    "{# gone #}",
    "${7*7}",
    "<%= 7*7 %>",
    "#{7*7}",
    "[[7*7]]",
    "%s%n%x",
    "{0.__class__}",
    "datum['constructor']['constructor']('window.pwned=1')()",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "&#60;script&#62;window.pwned=1&#60;/script&#62;",
    "\\u003cscript\\u003ewindow.pwned=1\\u003c/script\\u003e",
    "%3Cscript%3Ewindow.pwned=1%3C/script%3E",
    '{"image": "http://127.0.0.1:9/beacon"}',
    "constructor",
    "__proto__",
]

ODD = [
    "please open \u202egpj.eciovni\u202c it is my receipt",
    "\u2067\u202ekcab yenom ym\u2069",
    "re\u200bfund m\u2060y mon\ufeffey",
    "\x1b[31mI want a human\x1b[0m\x1b[2J",
    "\x1b]8;;http://127.0.0.1:9/beacon\x07click\x1b]8;;\x07",
    "line\u2028separator\u2029here',window.pwned=1,'",
    '=HYPERLINK("http://127.0.0.1:9/beacon","refund")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "it cost $10,000 and you paid back $5, where is the rest of my $9,995?",
    "\\(\\require{action}\\href{javascript:window.pwned=1}{refund}\\)",
    "$$\\unicode{<img src=x onerror=window.pwned=1>}$$",
    "bell \x07 backspace \x08 delete \x7f",
    "where is it????" * 4000,
    "A" * 9000,
]

STRINGS = [*ELEMENTS, *HANDLERS, *LINKS, *SYNTAX, *ODD]
assert len(STRINGS) == len(set(STRINGS)) == 120, len(STRINGS)


LIVE = ("<script", "<img", "<svg", "<iframe", "<style", "<meta", "<base", "\u202e")
"""What none of our tables, sentences and pictures writes by itself."""


def alive(parts: Iterable[object]) -> list[str]:
    """Return what is alive in the markup of what a notebook shows; nothing when every text is shown as text."""
    html = "".join(getattr(part, "html", "") for part in parts).casefold()
    return [live for live in LIVE if live in html]
