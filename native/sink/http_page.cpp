#include "sink/http_page.h"

#include <algorithm>

#include "sink/gzip_stream.h"

namespace remora {
namespace {

// What a series' name may have more than its family's, or less.
constexpr std::array<std::string_view, 5> kSuffixes = {"_total", "_count", "_sum", "_bucket",
                                                       "_created"};

// Empty when there is no memory for it.
std::string gzip(std::string_view text) {
    GzipStream stream;
    std::string made;
    if (!stream.begin()) {
        return made;
    }
    stream.give(text, true);
    for (std::string_view piece = stream.next(); !piece.empty(); piece = stream.next()) {
        made.append(piece);
    }
    return made;
}

bool is_before(const TextFamily& family, std::string_view name) {
    return family.name < name;
}

}  // namespace

std::string_view HttpPage::body(PageForm form) {
    if (form == PageForm::kText) {
        return text_;
    }
    if (openmetrics_.empty()) {
        openmetrics_ = openmetrics_of(text_, left_out_);
    }
    return openmetrics_;
}

std::string_view HttpPage::gzipped(PageForm form) {
    std::string& bytes = made(form).gzipped;
    if (bytes.empty()) {
        bytes = gzip(body(form));
    }
    return bytes;
}

std::vector<std::string_view> HttpPage::families(PageForm form,
                                                 const std::vector<std::string>& names) {
    Made& of_form = made(form);
    std::vector<TextFamily>& families = of_form.families;
    if (!of_form.is_listed) {
        families = families_of(body(form));
        std::sort(families.begin(), families.end(),
                  [](const TextFamily& a, const TextFamily& b) { return is_before(a, b.name); });
        of_form.is_listed = true;
    }
    std::vector<std::string_view> found;
    const auto take = [&](std::string_view name) {
        const auto at = std::lower_bound(families.begin(), families.end(), name, is_before);
        if (at != families.end() && at->name == name) {
            found.push_back(at->text);
        }
    };
    for (const std::string& name : names) {
        take(name);
        take(name + "_total");
        for (const std::string_view suffix : kSuffixes) {
            if (name.ends_with(suffix)) {
                take(std::string_view(name).substr(0, name.size() - suffix.size()));
            }
        }
    }
    const auto comes_first = [](std::string_view a, std::string_view b) {
        return a.data() < b.data();
    };
    std::sort(found.begin(), found.end(), comes_first);
    const auto is_same = [](std::string_view a, std::string_view b) {
        return a.data() == b.data();
    };
    found.erase(std::unique(found.begin(), found.end(), is_same), found.end());
    return found;
}

}  // namespace remora
