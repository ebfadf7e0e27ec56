// What is promised: a score is worth what its tail says, as an exact count of the scores does; a
// score that everybody gives is worth nothing.
#include "behavior/detectors/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace gatehouse {
namespace {

constexpr std::int64_t kStart = 1'790'000'000'000'000;

double number(Share share) { return static_cast<double>(share.q62) / 0x1p62; }

struct CalibrationTest : ::testing::Test {
  CalibrationTest() { calibration.set_moment(kStart); }
  Calibration calibration;
};

// The slow twin: the sorted scores.
TEST_F(CalibrationTest, is_what_the_sorted_scores_say) {
  std::mt19937 random(1);
  std::vector<double> twin;
  for (int i = 0; i < 5000; ++i) {
    const double score = -4 + static_cast<double>(random() % 80 * (random() % 80)) / 400;
    calibration.note(1, score);
    twin.push_back(std::floor(score * 4) / 4);
  }
  calibration.close_epoch();
  for (const double score : {-5.0, 0.0, 1.5, 6.0, 9.0, 11.5, 30.0}) {
    const auto above = std::ranges::count_if(twin, [score](double one) { return one >= score; });
    const double tail = static_cast<double>(above + 1) / static_cast<double>(twin.size() + 1);
    EXPECT_NEAR(number(calibration.weight(1, score)), std::min(1.0, -std::log2(tail) / 10), 0.003)
        << score;
  }
}

TEST_F(CalibrationTest, counts_whole_until_enough_is_known_and_until_the_epoch_ends) {
  for (int i = 0; i < 99; ++i) calibration.note(1, 5);
  calibration.close_epoch();
  EXPECT_EQ(number(calibration.weight(1, 5)), 1);
  for (int i = 0; i < 99; ++i) calibration.note(1, 5);
  EXPECT_EQ(number(calibration.weight(1, 5)), 1);
  calibration.close_epoch();
  EXPECT_EQ(number(calibration.weight(1, 5)), 0);
  EXPECT_GT(number(calibration.weight(1, 5.25)), 0.7);
  EXPECT_EQ(number(calibration.weight(2, 5)), 1);
  calibration.keep({});
  EXPECT_EQ(number(calibration.weight(1, 5)), 1);
}

TEST_F(CalibrationTest, takes_every_number_there_is) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Calibration::bucket_of(-kInfinite), 0U);
  EXPECT_EQ(Calibration::bucket_of(std::numeric_limits<double>::quiet_NaN()), 0U);
  EXPECT_EQ(Calibration::bucket_of(-16), 0U);
  EXPECT_EQ(Calibration::bucket_of(0), 64U);
  EXPECT_EQ(Calibration::bucket_of(1e300), 255U);
  EXPECT_EQ(Calibration::bucket_of(kInfinite), 255U);
}

}  // namespace
}  // namespace gatehouse
