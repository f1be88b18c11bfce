#include "sink/http_page.h"

#include <algorithm>
#include <span>

#include "sink/gzip_stream.h"

namespace remora {
namespace {

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
    const auto take_without = [&](std::string_view name,
                                  std::span<const std::string_view> endings) {
        for (const std::string_view ending : endings) {
            if (name.ends_with(ending)) {
                take(name.substr(0, name.size() - ending.size()));
            }
        }
    };
    for (const std::string& name : names) {
        take(name);
        take(std::string(name).append(kTotalEnding));
        take_without(name, kCounterEndings);
        take_without(name, kSummaryEndings);
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
