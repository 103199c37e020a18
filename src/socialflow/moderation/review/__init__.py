"""People in the loop: the queue of reviewers, how well they agree, appeals of authors, and strikes."""
