#include "config/print.h"

#include <nlohmann/json.hpp>

#include "config/keys.h"
#include "config/quantity.h"

namespace remora {
namespace {

using Json = nlohmann::ordered_json;

class Printer final : public ConfigVisitor {
 public:
    explicit Printer(const ParseOutcome& outcome) : outcome_(outcome) {}

    std::string take() { return std::move(text_); }

    void boolean(Key key, bool& value) override { line(key, value); }
    void whole(Key key, std::uint32_t& value, Bounds<std::uint32_t>) override { line(key, value); }
    void number(Key key, double& value, Bounds<double>) override { line(key, value); }
    void duration(Key key, std::int64_t& value, Bounds<std::int64_t>) override {
        line(key, format_duration(value));
    }
    void size(Key key, std::uint64_t& value, Bounds<std::uint64_t>) override {
        line(key, format_size(value));
    }
    void text(Key key, std::string& value, TextKind) override { line(key, value); }
    void choice(Key key, std::size_t& value, std::span<const char* const> names) override {
        line(key, names[value]);
    }
    void texts(Key key, std::vector<std::string>& values, TextKind, std::size_t) override {
        line(key, values);
    }
    void pairs(Key key, std::vector<TextPair>& values, PairKind) override {
        Json object = Json::object();
        for (const auto& [name, value] : values) {
            object[name] = value;
        }
        line(key, object);
    }
    void bucket(Key key, std::uint32_t& index, std::uint32_t& count) override {
        line(key, std::to_string(index) + "/" + std::to_string(count));
    }
    void file_mode(Key key, std::uint32_t& mode) override {
        std::string octal = "0000";
        for (std::size_t i = 0; i < 3; ++i) {
            octal[3 - i] = static_cast<char>('0' + ((mode >> (3 * i)) & 7U));
        }
        line(key, octal);
    }

    void begin_section(Key key) override { prefix_.push_back(prefix_.back() + key.name + "."); }
    void end_section() override { prefix_.pop_back(); }
    std::size_t begin_list(Key key, std::size_t count, std::size_t) override {
        if (count == 0) {
            line(key, Json::array());
        }
        begin_section(key);
        return count;
    }
    void begin_item(std::size_t index) override {
        prefix_.push_back(prefix_.back() + std::to_string(index) + ".");
    }
    void end_item() override { prefix_.pop_back(); }
    void end_list() override { prefix_.pop_back(); }

 private:
    void line(Key key, const Json& value) {
        const std::string path = prefix_.back() + key.name;
        const std::string shown =
            value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        text_ += path + " = " + shown + "  # " + outcome_.origin_of(path) + "\n";
    }

    const ParseOutcome& outcome_;
    std::string text_;
    std::vector<std::string> prefix_ = {""};
};

}  // namespace

std::string print_config(const ParseOutcome& outcome) {
    Printer printer(outcome);
    Config copy = outcome.config;
    visit_config(printer, copy);
    return printer.take();
}

}  // namespace remora
