#include "cli/html.h"

#include <algorithm>

#include "base/formatted.h"
#include "base/utf8.h"

namespace remora {
namespace {

constexpr const char* kStyle = R"(
:root{color-scheme:light}
body{font:15px/1.45 sans-serif;margin:0 auto;padding:12px;max-width:1100px;color:#1f2328;
 background:#fff}
h1{font-size:1.5em;margin:.4em 0} h2{font-size:1.2em;margin:1.6em 0 .4em} h3{font-size:1em}
.wide{overflow-x:auto} table{border-collapse:collapse;font-size:13px}
td,th{border-bottom:1px solid #d0d7de;padding:4px 8px;text-align:left;vertical-align:top}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.below{color:#57606a;font-size:13px} .name{overflow-wrap:anywhere;min-width:14em}
.kept{color:#116329;font-weight:bold} .back{color:#b3261e;font-weight:bold}
.card{border:1px solid #d0d7de;border-radius:6px;padding:2px 12px;margin:8px 0}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:12px;background:#f6f8fa;padding:6px}
svg.bar{width:110px;height:10px;vertical-align:middle} svg.trial{width:100%;max-width:480px}
@media print{body{font-size:10pt;max-width:none} .wide{overflow:visible} table{font-size:8pt}
 .card,tr,svg{break-inside:avoid} h2,h3{break-after:avoid}}
)";

bool is_control(char c) {
    return (c >= 0 && c < 0x20 && c != '\n') || c == 0x7F;
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string html;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = character_bytes(text, at);
        const char c = text[at];
        if (length == 0 || is_control(c)) {
            html += "\xEF\xBF\xBD";
        } else if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'') {
            html += "&#" + std::to_string(static_cast<int>(c)) + ";";
        } else {
            html += text.substr(at, length);
        }
        at += std::max<std::size_t>(length, 1);
    }
    return html;
}

std::string element(std::string_view tag, std::string_view text) {
    const std::string_view name = tag.substr(0, tag.find(' '));
    return "<" + std::string(tag) + ">" + escaped(text) + "</" + std::string(name) + ">\n";
}

std::string bar(double share) {
    return "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
           "aria-hidden=\"true\"><rect width=\"100\" height=\"10\" fill=\"#eaeef2\"/>" +
           formatted("<rect width=\"%.1f\" height=\"10\" fill=\"#4878a8\"/></svg>",
                     100 * std::clamp(share, 0.0, 1.0));
}

HtmlTable::HtmlTable(const std::vector<std::string>& headings) {
    for (const std::string& heading : headings) {
        head_ += "<th>" + escaped(heading) + "</th>";
    }
}

void HtmlTable::add(const std::vector<std::string>& cells) {
    rows_ += "<tr>";
    for (const std::string& cell : cells) {
        rows_ += cell.starts_with("<td") ? cell : "<td>" + cell + "</td>";
    }
    rows_ += "</tr>\n";
}

std::string HtmlTable::html(std::string_view none) const {
    return rows_.empty() ? element("p", none)
                         : "<div class=\"wide\"><table><thead><tr>" + head_ +
                               "</tr></thead>\n<tbody>\n" + rows_ + "</tbody></table></div>\n";
}

std::string html_page(std::string_view title, std::string_view body) {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
           element("title", title) + "<style>" + kStyle + "</style>\n</head>\n<body>\n" +
           std::string(body) + "</body>\n</html>\n";
}

}  // namespace remora
