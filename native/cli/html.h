// Pieces of a page of HTML. Whatever is text in it is escaped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace remora {

// Text as HTML has it, in an element or in a quoted attribute. What no page may hold (control
// characters, bytes that are no UTF-8) becomes U+FFFD.
std::string escaped(std::string_view text);

// "<h2>Outputs</h2>"; `tag` with its attributes: "p class=below".
std::string element(std::string_view tag, std::string_view text);

// A bar as long as `share` of 1, as a picture that paper shows too.
std::string bar(double share);

// Rows of cells that are HTML already. A wide one scrolls by itself, beside the page.
class HtmlTable {
 public:
    explicit HtmlTable(const std::vector<std::string>& headings);

    void add(const std::vector<std::string>& cells);
    // Of no rows: `none`, as a paragraph.
    std::string html(std::string_view none) const;

 private:
    std::string head_;
    std::string rows_;
};

// The whole file: style inside, nothing from elsewhere, for a telephone and for paper.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace remora
