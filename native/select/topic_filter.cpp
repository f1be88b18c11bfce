#include "select/topic_filter.h"

#include <charconv>
#include <utility>

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

std::uint32_t fnv1_32(std::string_view text) {
    std::uint32_t hash = 2166136261U;
    for (const char c : text) {
        hash *= 16777619U;
        hash ^= static_cast<unsigned char>(c);
    }
    return hash;
}

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
      partitions_(config.partitions),
      partition_sample_(config.partition_sample) {}

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

bool TopicFilter::wants_partition(std::string_view partition, bool tells_trouble) const {
    if (!partitions_) {
        return false;
    }
    if (partition_sample_ == 0 || tells_trouble) {
        return true;
    }
    // The lowest numbers: the same partitions on every broker, so that sums over the cluster mean
    // something, and spread over the brokers, because Kafka assigns consecutive partitions to
    // consecutive brokers.
    std::uint32_t number = 0;
    const auto [end, error] =
        std::from_chars(partition.data(), partition.data() + partition.size(), number);
    const bool is_number = error == std::errc() && end == partition.data() + partition.size();
    return !is_number || number < partition_sample_;
}

ClientFilter::ClientFilter(const ClientsConfig& config)
    : enabled_(config.enabled),
      client_(compile(config.client_regex)),
      user_(compile(config.user_regex)),
      group_(compile(config.group_regex)) {}

}  // namespace remora
