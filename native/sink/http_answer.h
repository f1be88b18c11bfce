// What a scrape endpoint answers to a request: no socket and no library here. Internal to the room.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sink/http_gate.h"
#include "sink/http_page.h"

namespace remora {

// What of a request matters; absent headers are empty.
struct HttpRequest {
    std::string_view method;
    std::string_view target;
    std::string_view accept;
    std::string_view accept_encoding;
    std::string_view authorization = "";
};

// What there is to be told.
struct HttpState {
    std::shared_ptr<HttpPage> page;  // null: none yet
    std::int64_t now_ns = 0;         // monotonic
    std::int64_t page_age_ns_max = 0;
    HttpGate* gate = nullptr;    // null: everybody may scrape
    std::string_view down_text;  // in place of a page that is too old, or of none
};

struct HttpAnswer {
    // Whether what was asked is refused, for the counters.
    bool is_refusal() const { return status >= 400 && status < 500; }

    unsigned status = 200;
    // The head but for its first line and what ends it: whole lines with their ends.
    std::string headers;
    // The body, in pieces that stay while `page` and `text` do. Also when it is not sent (HEAD).
    std::vector<std::string_view> parts;
    std::shared_ptr<HttpPage> page;
    std::string text;
};

// Answers `request`. Server's thread.
HttpAnswer answer_http(const HttpRequest& request, const HttpState& state);

// A refusal with a sentence for a person, which ends in a line.
HttpAnswer refuse_http(unsigned status, std::string sentence);

// Whether the client prefers OpenMetrics 1.0 to Prometheus text, or likes both alike and names it.
bool prefers_openmetrics(std::string_view accept);

// Whether the client takes gzip.
bool takes_gzip(std::string_view accept_encoding);

}  // namespace remora
