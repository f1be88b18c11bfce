#include "sink/http_answer.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/clock.h"

namespace remora {
namespace {

constexpr std::string_view kPlain = "text/plain; charset=utf-8";
constexpr std::string_view kText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kOpenMetrics =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

bool is_alike(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    const std::size_t end = text.find_last_not_of(" \t");
    return end == std::string_view::npos ? std::string_view() : text.substr(begin, end + 1 - begin);
}

// One entry of Accept or Accept-Encoding.
struct Choice {
    std::string_view name;
    std::string_view version;
    int weight = 1000;  // thousandths
};

// Of "0", "0.75", "1.000": thousandths. What is no weight is 0.
int weight_of(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') ||
        (text.size() > 1 && text[1] != '.')) {
        return 0;
    }
    int weight = text[0] == '1' ? 1000 : 0;
    int place = 100;
    for (const char c : text.substr(std::min<std::size_t>(text.size(), 2))) {
        if (!is_digit(c)) {
            return 0;
        }
        weight += (c - '0') * place;
        place /= 10;
    }
    return weight > 1000 ? 0 : weight;
}

Choice take_choice(std::string_view& list) {
    std::string_view entry = take_until(list, ',');
    Choice choice;
    choice.name = trimmed(take_until(entry, ';'));
    while (!entry.empty()) {
        std::string_view parameter = take_until(entry, ';');
        const std::string_view key = trimmed(take_until(parameter, '='));
        const std::string_view value = trimmed(parameter);
        if (is_alike(key, "version")) {
            choice.version = value;
        } else if (is_alike(key, "q")) {
            choice.weight = weight_of(value);
        }
    }
    return choice;
}

// "%20" gives a space. What no two hexadecimal digits follow stays as it is.
std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view digits = text[i] == '%' ? text.substr(i + 1, 2) : std::string_view();
        const char* const end = digits.data() + digits.size();
        std::uint8_t byte = 0;
        if (digits.size() == 2 && std::from_chars(digits.data(), end, byte, 16).ptr == end) {
            out.push_back(static_cast<char>(byte));
            i += 2;
        } else {
            out.push_back(text[i] == '+' ? ' ' : text[i]);
        }
    }
    return out;
}

// The values of `name[]`, as Prometheus's client for Java takes them.
std::vector<std::string> names_of(std::string_view query) {
    std::vector<std::string> names;
    while (!query.empty()) {
        std::string_view pair = take_until(query, '&');
        if (decoded(take_until(pair, '=')) == "name[]") {
            names.push_back(decoded(pair));
        }
    }
    return names;
}

HttpAnswer say(unsigned status, std::string text, std::string_view content_type = kPlain) {
    HttpAnswer answer;
    answer.status = status;
    answer.text = std::move(text);
    answer.headers.append("Content-Type: ").append(content_type).append("\r\n");
    return answer;
}

bool is_alive(const HttpState& state) {
    return state.page != nullptr && state.now_ns - state.page->begun_ns() <= state.page_age_ns_max;
}

std::string why_dead(const HttpState& state) {
    if (state.page == nullptr) {
        return "no tick yet\n";
    }
    const std::int64_t age_s = (state.now_ns - state.page->begun_ns()) / kNanosPerSecond;
    return "no tick for " + std::to_string(age_s) + " s\n";
}

HttpAnswer answer_health(const HttpState& state) {
    return is_alive(state) ? say(200, "ok\n") : say(503, why_dead(state));
}

HttpAnswer answer_stranger(HttpGate::Verdict verdict) {
    if (verdict == HttpGate::Verdict::kLater) {
        HttpAnswer answer = refuse_http(429, "expected fewer passwords that are not known\n");
        answer.headers.append("Retry-After: 5\r\n");
        return answer;
    }
    HttpAnswer answer = refuse_http(401, "expected the name and the password of a scraper\n");
    answer.headers.append("WWW-Authenticate: Basic realm=\"remora\", charset=\"UTF-8\"\r\n");
    return answer;
}

HttpAnswer answer_metrics(const HttpRequest& request, std::string_view query,
                          const HttpState& state) {
    if (!is_alive(state)) {
        return say(503, std::string(state.down_text), kText);
    }
    const PageForm form =
        prefers_openmetrics(request.accept) ? PageForm::kOpenMetrics : PageForm::kText;
    HttpAnswer answer = say(200, "", form == PageForm::kText ? kText : kOpenMetrics);
    answer.headers.append("Vary: Accept, Accept-Encoding\r\n");
    answer.page = state.page;
    const std::vector<std::string> names = names_of(query);
    if (!names.empty()) {
        answer.parts = state.page->families(form, names);
        if (form == PageForm::kOpenMetrics) {
            answer.parts.push_back(kOpenMetricsEnd);
        }
        return answer;
    }
    if (takes_gzip(request.accept_encoding)) {
        const std::string_view bytes = state.page->gzipped(form);
        if (!bytes.empty()) {
            answer.headers.append("Content-Encoding: gzip\r\n");
            answer.parts.push_back(bytes);
            return answer;
        }
    }
    answer.parts.push_back(state.page->body(form));
    return answer;
}

}  // namespace

bool prefers_openmetrics(std::string_view accept) {
    int openmetrics = 0;
    // Of text, by how closely it is named.
    std::optional<int> exact;
    std::optional<int> kind;
    std::optional<int> any;
    while (!accept.empty()) {
        const Choice choice = take_choice(accept);
        if (is_alike(choice.name, "application/openmetrics-text")) {
            if (choice.version.empty() || choice.version == "1.0.0") {
                openmetrics = std::max(openmetrics, choice.weight);
            }
        } else if (is_alike(choice.name, "text/plain")) {
            if (choice.version.empty() || choice.version == "0.0.4") {
                exact = std::max(exact.value_or(0), choice.weight);
            }
        } else if (is_alike(choice.name, "text/*")) {
            kind = choice.weight;
        } else if (choice.name == "*/*") {
            any = choice.weight;
        }
    }
    const int text = exact ? *exact : kind ? *kind : any.value_or(0);
    return openmetrics > 0 && openmetrics >= text;
}

bool takes_gzip(std::string_view accept_encoding) {
    std::optional<int> named;
    int any = 0;
    while (!accept_encoding.empty()) {
        const Choice choice = take_choice(accept_encoding);
        if (is_alike(choice.name, "gzip") || is_alike(choice.name, "x-gzip")) {
            named = std::max(named.value_or(0), choice.weight);
        } else if (choice.name == "*") {
            any = choice.weight;
        }
    }
    return named.value_or(any) > 0;
}

HttpAnswer refuse_http(unsigned status, std::string sentence) {
    return say(status, std::move(sentence));
}

HttpAnswer answer_http(const HttpRequest& request, const HttpState& state) {
    std::string_view target = request.target;
    constexpr std::string_view kScheme = "http://";
    if (target.starts_with(kScheme)) {  // as one writes to a proxy
        target.remove_prefix(std::min(target.find('/', kScheme.size()), target.size()));
    }
    std::string_view query = target;
    const std::string_view path = take_until(query, '?');
    const bool is_metrics = path == "/metrics";
    if (!is_metrics && path != "/healthz" && path != "/-/healthy") {
        return refuse_http(404, "expected /metrics or /healthz\n");
    }
    if (request.method != "GET" && request.method != "HEAD") {
        HttpAnswer answer = refuse_http(405, "expected GET or HEAD\n");
        answer.headers.append("Allow: GET, HEAD\r\n");
        return answer;
    }
    if (is_metrics && state.gate != nullptr) {
        const HttpGate::Verdict verdict = state.gate->judge(request.authorization, state.now_ns);
        if (verdict != HttpGate::Verdict::kIn) {
            return answer_stranger(verdict);
        }
    }
    if (is_metrics) {
        return answer_metrics(request, query, state);
    }
    // What answers is alive: a probe of a container must not end a broker for the agent's sake.
    return path == "/healthz" ? answer_health(state) : say(200, "the endpoint answers\n");
}

}  // namespace remora
