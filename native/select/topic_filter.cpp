#include "select/topic_filter.h"

#include <utility>

#include "base/hash.h"

namespace remora {
namespace {

std::optional<Regex> compile(const std::string& pattern) {
    if (pattern.empty()) {
        return std::nullopt;
    }
    Result<Regex> regex = Regex::compile(pattern);
    return regex ? std::optional(std::move(regex).value()) : std::nullopt;
}

}  // namespace

bool is_internal_topic(std::string_view topic) {
    return topic.substr(0, 2) == "__";
}

TopicFilter::TopicFilter(const TopicsConfig& config)
    : mode_(config.mode),
      list_(config.list.begin(), config.list.end()),
      regex_(compile(config.regex)),
      bucket_index_(config.bucket_index),
      bucket_count_(config.bucket_count),
      internal_(config.internal),
      broker_topic_data_(config.broker_topic_data),
      partitions_(config.partitions) {}

bool TopicFilter::wants_topic(std::string_view topic) const {
    switch (mode_) {
        case TopicMode::kNone:
            return false;
        case TopicMode::kList:
            if (list_.count(std::string(topic)) == 0) {
                return false;
            }
            break;
        case TopicMode::kRegex:
            if (!regex_ || !regex_->matches(topic)) {
                return false;
            }
            break;
        case TopicMode::kAll:
            break;
    }
    return bucket_count_ <= 1 || fnv1_32(topic) % bucket_count_ + 1 == bucket_index_;
}

ClientFilter::ClientFilter(const ClientsConfig& config)
    : enabled_(config.enabled),
      client_(compile(config.client_regex)),
      user_(compile(config.user_regex)),
      group_(compile(config.group_regex)) {}

}  // namespace remora
