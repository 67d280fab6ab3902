"""scikit-learn: ``mlp`` (verbose, early stopping), ``grid`` (GridSearchCV, verbose=3), ``gbm``, ``sgd``."""

import sys

from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from truth import data, note

VARIANT = sys.argv[1]
x, y = data()
if VARIANT == "mlp":
    model = MLPClassifier((16,), max_iter=12, verbose=True, early_stopping=True, random_state=0).fit(x, y)
    for step, (loss, score) in enumerate(zip(model.loss_curve_, model.validation_scores_, strict=True), 1):
        note("train_loss", loss, step=step)
        note("val_score", score, step=step, also=["score", "val_acc"])
elif VARIANT == "grid":
    search = GridSearchCV(
        SGDClassifier(random_state=0), {"alpha": [1e-4, 1e-2], "penalty": ["l2", "l1"]}, verbose=3, cv=3
    )
    search.fit(x, y)
    for fold in range(3):
        for score in search.cv_results_[f"split{fold}_test_score"]:
            note("score", score, also=["test_score", "val_score"])
    print(f"Best score: {search.best_score_:.4f}")
    note("best_score", search.best_score_)
elif VARIANT == "gbm":
    model = GradientBoostingClassifier(n_estimators=10, verbose=2, subsample=0.8, random_state=0).fit(x, y)
    for step, loss in enumerate(model.train_score_, 1):
        note("train_loss", loss, step=step)
    for step, gain in enumerate(model.oob_improvement_, 1):
        note("oob_improve", gain, step=step, optional=True, also=["OOB Improve"])
else:
    model = SGDClassifier(loss="log_loss", max_iter=8, random_state=0, tol=None)
    model.fit(x[:300], y[:300])
    found = model.predict(x[300:])
    print(f"Accuracy: {accuracy_score(y[300:], found):.4f}")
    print(f"F1: {f1_score(y[300:], found):.4f}")
    note("acc", accuracy_score(y[300:], found), also=["test_acc", "val_acc"])
    note("f1", f1_score(y[300:], found), also=["val_f1", "test_f1"])
