// What one tick left to be scraped, in every form that somebody asked for. Internal to the room.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sink/openmetrics_text.h"

namespace remora {

enum class PageForm : std::uint8_t { kText, kOpenMetrics };

// A page as the encoder wrote it, and what is made of it when it is first asked for: OpenMetrics,
// the compressed forms, the list of families. Each is made once and kept as long as the page. It is
// shared by all who are being sent it, and never copied for one.
//
// Thread safety: made by the sink thread, handed over once, and then used by the server's alone.
class HttpPage {
 public:
    // `text`: format prometheus. `begun_ns`: monotonic, when its tick began to come.
    HttpPage(std::string text, std::int64_t begun_ns)
        : text_(std::move(text)), begun_ns_(begun_ns) {}

    std::int64_t begun_ns() const { return begun_ns_; }
    std::string_view body(PageForm form);
    // The body in gzip; empty when there is no memory to compress it.
    std::string_view gzipped(PageForm form);
    // Of the body the families that are called so, in the page's order: by the family's name, or
    // the name of one of its series. What is returned points into the page.
    std::vector<std::string_view> families(PageForm form, const std::vector<std::string>& names);
    // Families that OpenMetrics cannot hold beside others; known once it was made.
    std::size_t left_out() const { return left_out_; }

 private:
    struct Made {
        std::string gzipped;
        std::vector<TextFamily> families;  // in order of their names
        bool is_listed = false;
    };
    Made& made(PageForm form) { return made_[static_cast<std::size_t>(form)]; }

    const std::string text_;
    const std::int64_t begun_ns_;
    std::string openmetrics_;
    std::size_t left_out_ = 0;
    std::array<Made, 2> made_;
};

}  // namespace remora
