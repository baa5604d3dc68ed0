// SPDX-License-Identifier: Apache-2.0
// Copyright The liblightpose authors

#include "peers/dense.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace {

constexpr int kKeypoints = 18, kLimbs = 19, kHelpers = 17, kPafs = 38, kUpsample = 4, kSamples = 10;
constexpr float kPeakThreshold = 0.1F, kLimbThreshold = 0.05F, kRadius = 6;

struct Limb {
    int from, to, paf;
};

constexpr Limb kTable[kLimbs] = {{1, 2, 12},  {1, 5, 20},   {2, 3, 14},  {3, 4, 16},  {5, 6, 22},
                                 {6, 7, 24},  {1, 8, 0},    {8, 9, 2},   {9, 10, 4},  {1, 11, 6},
                                 {11, 12, 8}, {12, 13, 10}, {1, 0, 28},  {0, 14, 30}, {14, 16, 34},
                                 {0, 15, 32}, {15, 17, 36}, {2, 16, 18}, {5, 17, 26}};

struct Peak {
    int x, y;
    float score;
};

struct Connection {
    int from, to;
    double score;
};

struct Person {
    int part[kKeypoints];
    int count;
    double score;
};

std::vector<cv::Mat> upsampled(const float *maps, int count, int width, int height) {
    std::vector<cv::Mat> out(static_cast<size_t>(count));
    for (int c = 0; c < count; c++) {
        const cv::Mat map(height, width, CV_32F, const_cast<float *>(maps + static_cast<size_t>(c) * width * height));
        cv::resize(map, out[static_cast<size_t>(c)], cv::Size(), kUpsample, kUpsample, cv::INTER_CUBIC);
    }
    return out;
}

std::vector<Peak> find_peaks(cv::Mat &map) {
    std::vector<Peak> found;
    for (int y = 0; y < map.rows; y++)
        for (int x = 0; x < map.cols; x++)
            if (map.at<float>(y, x) < kPeakThreshold)
                map.at<float>(y, x) = 0;
    for (int y = 0; y < map.rows; y++)
        for (int x = 0; x < map.cols; x++) {
            const float v = map.at<float>(y, x);
            const float left = x > 0 ? map.at<float>(y, x - 1) : 0;
            const float right = x + 1 < map.cols ? map.at<float>(y, x + 1) : 0;
            const float up = y > 0 ? map.at<float>(y - 1, x) : 0;
            const float down = y + 1 < map.rows ? map.at<float>(y + 1, x) : 0;
            if (v > left && v > right && v > up && v > down)
                found.push_back({x, y, v});
        }
    std::stable_sort(found.begin(), found.end(), [](const Peak &a, const Peak &b) { return a.x < b.x; });
    std::vector<Peak> kept;
    std::vector<bool> gone(found.size());
    for (size_t i = 0; i < found.size(); i++) {
        if (gone[i])
            continue;
        kept.push_back(found[i]);
        for (size_t j = i + 1; j < found.size(); j++) {
            const float dx = static_cast<float>(found[i].x - found[j].x);
            const float dy = static_cast<float>(found[i].y - found[j].y);
            if (std::sqrt(dx * dx + dy * dy) < kRadius)
                gone[j] = true;
        }
    }
    return kept;
}

// The score of a pair along its field; 0 if it is not a limb.
double pair_score(const cv::Mat &field_x, const cv::Mat &field_y, const Peak &a, const Peak &b) {
    const double dx = b.x - a.x, dy = b.y - a.y, length = std::sqrt(dx * dx + dy * dy);
    if (length == 0)
        return 0;
    const double unit_x = dx / (length + 1e-6), unit_y = dy / (length + 1e-6);
    double sum = 0;
    int valid = 0;
    for (int i = 0; i < kSamples; i++) {
        const int x = static_cast<int>(std::nearbyint(a.x + dx * i / (kSamples - 1)));
        const int y = static_cast<int>(std::nearbyint(a.y + dy * i / (kSamples - 1)));
        const double score = field_x.at<float>(y, x) * unit_x + field_y.at<float>(y, x) * unit_y;
        if (score > kLimbThreshold) {
            sum += score;
            valid++;
        }
    }
    const double mean = sum / (valid + 1e-6);
    return mean > 0 && valid > 0.8 * kSamples ? mean : 0;
}

std::vector<Connection> connect(const cv::Mat &field_x, const cv::Mat &field_y, const std::vector<Peak> &from,
                                const std::vector<Peak> &to) {
    std::vector<Connection> all, kept;
    for (size_t i = 0; i < from.size(); i++)
        for (size_t j = 0; j < to.size(); j++) {
            const double score = pair_score(field_x, field_y, from[i], to[j]);
            if (score > 0)
                all.push_back({static_cast<int>(i), static_cast<int>(j), score});
        }
    std::stable_sort(all.begin(), all.end(),
                     [](const Connection &a, const Connection &b) { return a.score > b.score; });
    std::vector<bool> from_used(from.size()), to_used(to.size());
    for (const Connection &c : all) {
        if (from_used[static_cast<size_t>(c.from)] || to_used[static_cast<size_t>(c.to)])
            continue;
        from_used[static_cast<size_t>(c.from)] = to_used[static_cast<size_t>(c.to)] = true;
        kept.push_back(c);
    }
    return kept;
}

void assemble(std::vector<Person> &persons, int limb, const std::vector<Connection> &connections,
              const std::vector<Peak> *peaks) {
    const int from = kTable[limb].from, to = kTable[limb].to;
    for (const Connection &c : connections) {
        const double to_score = peaks[to][static_cast<size_t>(c.to)].score;
        bool found = false;
        for (Person &p : persons) {
            if (limb >= kHelpers) {
                if (p.part[from] == c.from && p.part[to] < 0)
                    p.part[to] = c.to;
                else if (p.part[to] == c.to && p.part[from] < 0)
                    p.part[from] = c.from;
            } else if (limb > 0 && p.part[from] == c.from) {
                p.part[to] = c.to;
                p.count++;
                p.score += to_score + c.score;
                found = true;
            }
        }
        if (limb < kHelpers && !found) {
            Person p;
            std::fill(p.part, p.part + kKeypoints, -1);
            p.part[from] = c.from;
            p.part[to] = c.to;
            p.count = 2;
            p.score = peaks[from][static_cast<size_t>(c.from)].score + to_score + c.score;
            persons.push_back(p);
        }
    }
}

int decode(const float *heatmaps, const float *pafs, int width, int height) {
    std::vector<cv::Mat> maps = upsampled(heatmaps, kKeypoints + 1, width, height);
    const std::vector<cv::Mat> fields = upsampled(pafs, kPafs, width, height);
    std::vector<Peak> peaks[kKeypoints];
    std::vector<Person> persons;

    for (int k = 0; k < kKeypoints; k++)
        peaks[k] = find_peaks(maps[static_cast<size_t>(k)]);
    for (int i = 0; i < kLimbs; i++) {
        const Limb &limb = kTable[i];
        const auto paf = static_cast<size_t>(limb.paf);
        assemble(persons, i, connect(fields[paf], fields[paf + 1], peaks[limb.from], peaks[limb.to]), peaks);
    }
    return static_cast<int>(std::count_if(persons.begin(), persons.end(),
                                          [](const Person &p) { return p.count >= 3 && p.score / p.count >= 0.2; }));
}

} // namespace

int dense_decode(const float *heatmaps, const float *pafs, int width, int height) {
    try {
        cv::setNumThreads(1); // like the decoder that it is compared with
        return decode(heatmaps, pafs, width, height);
    } catch (const std::exception &) {
        return -1;
    }
}
